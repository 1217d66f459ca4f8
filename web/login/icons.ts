import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

/** Drawn for these pages, 24 by 24, in the colour of the text around them. */
function icon(paths: SVGTemplateResult): TemplateResult {
  return html`<svg
    viewBox="0 0 24 24"
    width="24"
    height="24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${paths}
  </svg>`;
}

export const eye = icon(
  svg`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="3"/>`,
);
export const eyeClosed = icon(
  svg`<path d="M9.9 5.8A8.6 8.6 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.6 3.3M6.3 7.3A15.6 15.6 0 0 0 2.5 12S6 18.5 12 18.5a8.8 8.8 0 0 0 4.5-1.25M9.9 9.9a3 3 0 0 0 4.2 4.2M4 4l16 16"/>`,
);
export const warning = icon(svg`<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.2M12 16.3v.01"/>`);
export const clock = icon(svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.2 2"/>`);
export const check = icon(svg`<path d="m5 12.5 4.6 4.6L19.2 7.5"/>`);
export const phoneDevice = icon(svg`<rect x="7" y="2.75" width="10" height="18.5" rx="2.4"/><path d="M11 18h2"/>`);
export const computer = icon(svg`<rect x="3" y="4.5" width="18" height="12" rx="1.8"/><path d="M9 20h6m-3-3.5V20"/>`);
export const leave = icon(
  svg`<path d="M14.5 4H7.6A2.6 2.6 0 0 0 5 6.6v10.8A2.6 2.6 0 0 0 7.6 20h6.9M11 12h9.5m0 0-3.5-3.5M20.5 12 17 15.5"/>`,
);
