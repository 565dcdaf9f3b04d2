import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/global.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./design/mantine.css";
import "./design/tokens.css";
import { theme, variables } from "./design/theme";
import { Notices } from "./shell/Notices";
import { queryClient, router } from "./router";

const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content;
// What keeps the page still behind a dialog looks for it here.
Object.assign(globalThis, { __webpack_nonce__: nonce });
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        deduplicateCssVariables={false}
        getStyleNonce={() => nonce ?? ""}
      >
        <QueryClientProvider client={queryClient}>
          <Notices />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
