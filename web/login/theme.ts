import { css } from 'lit';

/**
 * Colours and measures. Each is a custom property with a value of ours behind it; `light-dark()` follows the
 * `color-scheme` of the page around, so that an element in a page without a dark form stays light.
 */
export const theme = css`
  :host {
    --text: var(--masuk-text, #16211e);
    --soft: var(--masuk-soft, #50605b);
    --field: var(--masuk-field, #ffffff);
    --line: var(--masuk-line, #7d8d87);
    --rule: var(--masuk-rule, #dde5e2);
    --accent: var(--masuk-accent, #0b6b4f);
    --accent-strong: var(--masuk-accent-strong, #084c38);
    --on-accent: var(--masuk-on-accent, #ffffff);
    --tint: var(--masuk-tint, #e8f3ee);
    --danger: var(--masuk-danger, #b3261e);
    --danger-tint: var(--masuk-danger-tint, #fdf0ef);
    --danger-line: var(--danger);
    --marked: var(--tint);
    --radius: var(--masuk-radius, 0.75rem);
  }
  @supports (color: light-dark(#000, #fff)) and (color: color-mix(in srgb, #000, #fff)) {
    :host {
      --text: var(--masuk-text, light-dark(#16211e, #e8efec));
      --soft: var(--masuk-soft, light-dark(#50605b, #a4b5ae));
      --field: var(--masuk-field, light-dark(#ffffff, #101917));
      --line: var(--masuk-line, light-dark(#7d8d87, #6d8078));
      --rule: var(--masuk-rule, light-dark(#dde5e2, #2a3833));
      --accent: var(--masuk-accent, light-dark(#0b6b4f, #5fd3ab));
      --accent-strong: var(--masuk-accent-strong, light-dark(#084c38, #8be5c7));
      --on-accent: var(--masuk-on-accent, light-dark(#ffffff, #04231a));
      --tint: var(--masuk-tint, color-mix(in srgb, var(--accent) 10%, var(--field)));
      --danger: var(--masuk-danger, light-dark(#b3261e, #ffa39a));
      --danger-tint: var(--masuk-danger-tint, light-dark(#fdf0ef, #351d1b));
      --danger-line: color-mix(in srgb, var(--danger) 40%, transparent);
      --marked: color-mix(in srgb, var(--accent) 25%, transparent);
    }
  }
`;

/** What the elements have in common: type, buttons, focus. */
export const foundation = css`
  :host {
    display: block;
    color: var(--text);
    font-family: var(
      --masuk-font,
      -apple-system,
      BlinkMacSystemFont,
      'Segoe UI',
      Roboto,
      'Noto Sans',
      'Open Sans',
      system-ui,
      sans-serif
    );
    font-size: 1rem;
    line-height: 1.5;
    text-align: start;
    -webkit-text-size-adjust: 100%;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul {
    margin: 0;
  }
  h2 {
    font-size: 1.625rem;
    font-weight: 680;
    line-height: 1.2;
    letter-spacing: -0.018em;
    text-wrap: balance;
  }
  svg {
    flex: none;
    width: 1.25em;
    height: 1.25em;
  }
  button {
    font: inherit;
    color: inherit;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
    touch-action: manipulation;
  }
  .primary,
  .secondary {
    display: flex;
    align-items: center;
    justify-content: center;
    width: 100%;
    min-height: 3.25rem;
    padding: 0.5rem 1rem;
    border: 1.5px solid transparent;
    border-radius: var(--radius);
    font-weight: 620;
    text-align: center;
    transition:
      background-color 0.15s,
      border-color 0.15s,
      color 0.15s;
  }
  .primary {
    background: var(--accent);
    color: var(--on-accent);
  }
  .secondary {
    border-color: var(--line);
    background: transparent;
    color: var(--text);
    text-decoration: none;
  }
  @media (hover: hover) {
    .primary:hover {
      background: var(--accent-strong);
    }
    .secondary:hover {
      border-color: var(--accent);
      background: var(--tint);
    }
    .link:hover {
      color: var(--accent-strong);
      text-decoration-thickness: 2px;
    }
  }
  .primary:active,
  .secondary:active {
    transform: translateY(1px);
  }
  .primary[aria-disabled='true'] {
    cursor: default;
    transform: none;
  }
  .primary[aria-disabled='true']:not([aria-busy='true']) {
    background: var(--rule);
    color: var(--soft);
  }
  .secondary[aria-disabled='true'] {
    border-color: var(--rule);
    background: transparent;
    color: var(--soft);
    cursor: default;
    transform: none;
  }
  .link {
    display: inline-flex;
    align-items: center;
    min-height: 2.75rem;
    padding: 0;
    border: 0;
    background: none;
    color: var(--accent);
    font-weight: 560;
    text-align: start;
    text-decoration: underline;
    text-decoration-thickness: 1px;
    text-underline-offset: 0.22em;
  }
  .link[aria-disabled='true'] {
    color: var(--soft);
    text-decoration: none;
    cursor: default;
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  .spinner {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    border: 2.5px solid currentColor;
    border-inline-end-color: transparent;
    border-radius: 50%;
    animation: turn 0.8s linear infinite;
  }
  .primary .spinner,
  .secondary .spinner,
  .secondary svg {
    margin-inline-end: 0.625rem;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  /* Read out, not seen. */
  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    padding: 0;
    border: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.01ms !important;
    }
    .spinner {
      border-inline-end-color: currentColor;
      border-style: dotted;
    }
  }
  @media (forced-colors: active) {
    .primary,
    .secondary {
      border-color: ButtonText;
    }
    .primary[aria-disabled='true'],
    .primary[aria-disabled='true']:not([aria-busy='true']) {
      background: var(--rule);
      color: var(--soft);
    }
    .secondary[aria-disabled='true'] {
      border-color: GrayText;
      color: GrayText;
    }
    :focus-visible {
      outline-color: Highlight;
    }
  }
`;
