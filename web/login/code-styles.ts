import { css } from 'lit';

/** The field for a code: one input over slots of one width. `--slot` and `--gap` place both boxes and digits. */
export const code = css`
  .code {
    --count: 6;
    --gap: 0.5rem;
    --slot: 2.5rem;
    position: relative;
  }
  @supports (width: 1cqi) {
    .code {
      --slot: min(3.75rem, (100cqi - (var(--count) - 1) * var(--gap)) / var(--count));
    }
  }
  .code-field {
    container-type: inline-size;
  }
  .code[data-length='4'] {
    --count: 4;
  }
  .code[data-length='5'] {
    --count: 5;
  }
  .code[data-length='7'] {
    --count: 7;
    --gap: 0.375rem;
  }
  .code[data-length='8'] {
    --count: 8;
    --gap: 0.3125rem;
  }
  .slots {
    display: flex;
    gap: var(--gap);
  }
  .slots i {
    flex: none;
    width: var(--slot);
    height: 3.625rem;
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    background: var(--field);
    transition: border-color 0.15s;
  }
  /* One digit's width beyond the last slot, so that the caret behind it does not push the digits aside. */
  .code input {
    position: absolute;
    inset: 0 auto 0 0;
    width: calc(100% + var(--slot));
    min-height: 100%;
    padding: 0;
    padding-inline-start: calc((var(--slot) - 1ch) / 2);
    border: 0;
    background: none;
    font-size: 1.625rem;
    font-weight: 620;
    font-variant-numeric: tabular-nums;
    letter-spacing: calc(var(--slot) + var(--gap) - 1ch);
    caret-color: var(--accent);
    outline: none;
  }
  .code {
    overflow: clip;
    overflow-clip-margin: 6px;
  }
  .code:focus-within .slots i.next {
    border-color: var(--accent);
    outline: 3px solid var(--accent);
    outline-offset: 1px;
  }
  .code.invalid .slots i {
    border-color: var(--danger);
    background: var(--danger-tint);
  }
  .code input::selection {
    background: color-mix(in srgb, var(--accent) 25%, transparent);
    color: var(--text);
  }
  /* A wrong code is selected as a whole, so that the next digit replaces it: its slots say so better than a stripe. */
  .code.invalid input::selection {
    background: transparent;
  }
  .code.invalid:focus-within .slots i.next {
    border-color: var(--danger);
    outline-color: var(--danger);
  }
  @media (forced-colors: active) {
    /* The slots are behind it, and a backplate would cut them. */
    .code input {
      color: FieldText;
      forced-color-adjust: none;
    }
    .slots i {
      border-color: ButtonBorder;
    }
    .code:focus-within .slots i.next {
      outline-color: Highlight;
    }
  }
`;
