import { gzipSync } from "node:zlib";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const client = fileURLToPath(new URL("../openapi/clients/typescript/src/index.ts", import.meta.url));
const output = "dist/app";

/** Writes a compressed copy beside every text file: the server compresses nothing by itself. */
function compressed(): Plugin {
  return {
    name: "compressed",
    closeBundle() {
      for (const name of readdirSync(output, { recursive: true, encoding: "utf8" })) {
        if (!/\.(js|css|svg|wasm)$/.test(name)) continue;
        const path = `${output}/${name}`;
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: "/console/",
  plugins: [react(), compressed()],
  resolve: {
    // The client's sources lie outside; what they import is found here.
    alias: { "@primatomic/client": client },
    dedupe: ["openapi-fetch"],
  },
  build: {
    outDir: output,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  test: { include: ["src/**/*.test.ts"] },
  server: {
    proxy: { "^/(?!console)": { target: process.env.PRIMATOMIC_URL ?? "http://127.0.0.1:8080" } },
  },
});
