/** Mantine in the colours and sizes of tokens.css. */

import { createTheme, type CSSVariablesResolver } from "@mantine/core";

// Letters on a filled button are readable in the dark as well.
const DANGER = { "--button-bg": "var(--bad)", "--button-hover": "var(--bad)", "--button-color": "var(--bg)" };
const PRIMARY = { "--button-bg": "var(--ink)", "--button-hover": "var(--ink-2)", "--button-color": "var(--bg)" };
const ACCENT = { "--button-bg": "var(--accent)", "--button-hover": "var(--accent)", "--button-color": "var(--on-accent)" };

const FILLED: Record<string, Record<string, string>> = { dark: PRIMARY, red: DANGER };

const closeButtonProps = { "aria-label": "Close" };

export const theme = createTheme({
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  fontSizes: { xs: "12px", sm: "14px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "16px", sm: "20px", md: "20px" },
  defaultRadius: "7px",
  primaryColor: "indigo",
  respectReducedMotion: true,
  // By name, so that no component is loaded before a screen has it.
  components: {
    Button: {
      defaultProps: { size: "compact-md", variant: "default", fw: 500 },
      // What a screen is for is in the colour of the text, so that it is seen in the dark as well.
      vars: (_: unknown, { variant, color }: { variant?: string; color?: string }) => ({
        root: variant === "filled" ? ((color ? FILLED[color] : ACCENT) ?? {}) : {},
      }),
    },
    TextInput: { defaultProps: { size: "sm" } },
    Modal: { defaultProps: { radius: "10px", centered: true, transitionProps: { duration: 100 }, closeButtonProps } },
    Drawer: { defaultProps: { closeButtonProps } },
    Notification: { defaultProps: { closeButtonProps } },
    Menu: { defaultProps: { shadow: "md", position: "bottom-end", transitionProps: { duration: 80 } } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: false, transitionProps: { duration: 80 } } },
  },
});

const shared = {
  "--mantine-color-body": "var(--bg)",
  "--mantine-color-text": "var(--ink)",
  "--mantine-color-dimmed": "var(--ink-2)",
  "--mantine-color-placeholder": "var(--ink-3)",
  "--mantine-color-anchor": "var(--accent)",
  "--mantine-color-default": "var(--panel)",
  "--mantine-color-default-hover": "var(--line-soft)",
  "--mantine-color-default-color": "var(--ink)",
  "--mantine-color-default-border": "var(--line)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-primary-color-filled": "var(--accent)",
  "--mantine-primary-color-filled-hover": "var(--accent)",
  "--mantine-primary-color-contrast": "var(--on-accent)",
  "--mantine-primary-color-light": "var(--accent-bg)",
  "--mantine-primary-color-light-color": "var(--accent)",
  "--mantine-color-red-outline": "var(--bad)",
  "--mantine-color-red-outline-hover": "var(--bad-bg)",
  "--mantine-shadow-md": "var(--shadow-float)",
  // Mantine's own red is too light as words.
  "--mantine-color-red-light-color": "var(--bad)",
  "--mantine-color-red-text": "var(--bad)",
};

export const variables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
