import { css } from 'lit';

/** The field for a code: one input over slots of one width. `--slot` and `--gap` place both boxes and digits. */
export const code = css`
  .code {
    --count: 6;
    --gap: 0.5rem;
    --least: 2.5rem;
    --slot: var(--least);
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
    --least: 2.125rem;
    --gap: 0.375rem;
  }
  .code[data-length='8'] {
    --count: 8;
    --least: 1.875rem;
    --gap: 0.3125rem;
  }
  .slots {
    display: grid;
    grid-auto-columns: var(--slot);
    grid-auto-flow: column;
    justify-content: start;
    gap: var(--gap);
  }
  .slots i {
    height: 3.625rem;
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    background: var(--field);
    transition: border-color 0.15s;
  }
  /* One digit's width beyond the last slot, so that the caret behind it does not push the digits aside. */
  .code input {
    position: absolute;
    top: 0;
    left: 0;
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
  @supports (overflow: clip) {
    .code {
      overflow: clip;
      overflow-clip-margin: 6px;
    }
  }
  /* With room for the outline, which would be cut. Such a box scrolls to the caret: the element takes that back. */
  @supports not (overflow: clip) {
    .code {
      margin: -6px;
      padding: 6px;
      overflow: hidden;
    }
    .code input {
      top: 6px;
      bottom: 6px;
      left: 6px;
      min-height: 3.625rem;
    }
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
    background: var(--marked);
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
