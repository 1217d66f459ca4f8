import { css } from 'lit';

/** The forms of the element. Digits have slots of one width: `--slot` and `--gap` place both boxes and digits. */
export const forms = css`
  .step {
    display: flex;
    flex-direction: column;
    gap: 1.5rem;
  }
  .head {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
  }
  .intro {
    color: var(--soft);
    text-wrap: pretty;
  }
  .number {
    color: var(--text);
    font-weight: 620;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .change-number {
    min-height: 2.75rem;
    margin-block: -0.625rem;
    vertical-align: baseline;
  }
  .intro .link {
    display: inline;
    min-height: 0;
    padding-block: 0.625rem;
  }
  form {
    display: flex;
    flex-direction: column;
    gap: 1.125rem;
  }
  .field {
    display: flex;
    flex-direction: column;
    gap: 0.4375rem;
    min-width: 0;
  }
  label {
    font-weight: 580;
  }
  input {
    width: 100%;
    min-height: 3.25rem;
    padding: 0.5rem 0.9375rem;
    border: 1.5px solid var(--line);
    border-radius: var(--radius);
    background: var(--field);
    color: var(--text);
    font: inherit;
    font-size: max(1rem, 16px);
    transition: border-color 0.15s;
  }
  input:focus-visible {
    border-color: var(--accent);
    outline-offset: 1px;
  }
  input[aria-invalid='true'] {
    border-color: var(--danger);
  }
  input[aria-invalid='true']:focus-visible {
    outline-color: var(--danger);
  }
  .hint,
  .problem {
    font-size: 0.9375rem;
    line-height: 1.45;
  }
  .hint {
    color: var(--soft);
  }
  .problem:empty,
  .form-problem:empty {
    display: none;
  }
  .problem p,
  .box p {
    display: flex;
    gap: 0.5rem;
    align-items: start;
  }
  .problem svg,
  .box svg {
    margin-block-start: 0.1em;
    color: var(--danger);
  }
  .problem,
  .box {
    color: var(--danger);
    font-variant-numeric: tabular-nums;
  }
  .problem ul,
  .box ul {
    padding-inline-start: 3rem;
  }
  .box {
    display: flex;
    flex-direction: column;
    gap: 0.75rem;
    padding: 0.875rem 1rem;
    border: 1px solid color-mix(in srgb, var(--danger) 40%, transparent);
    border-radius: var(--radius);
    background: var(--danger-tint);
    animation: appear 0.18s ease-out;
  }
  .box > p {
    color: var(--text);
  }
  .report {
    font-size: 0.875rem;
    overflow-wrap: anywhere;
  }
  .offers {
    display: flex;
    flex-direction: column;
    gap: 0.25rem;
  }
  .offers:empty {
    display: none;
  }
  .with-toggle {
    position: relative;
  }
  .with-toggle input {
    padding-inline-end: 3.5rem;
  }
  .toggle {
    position: absolute;
    inset-block: 0.1875rem;
    inset-inline-end: 0.1875rem;
    display: grid;
    place-items: center;
    width: 2.875rem;
    border: 0;
    border-radius: calc(var(--radius) - 0.1875rem);
    background: none;
    color: var(--soft);
  }
  .toggle:hover {
    color: var(--text);
  }
  .toggle:focus-visible {
    outline-offset: -3px;
  }

  .code {
    --count: 6;
    --gap: 0.5rem;
    --slot: min(3.25rem, (100cqi - (var(--count) - 1) * var(--gap)) / var(--count));
    position: relative;
  }
  .field:has(> .code) {
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
  .code:has(input:focus-visible) .slots i.next {
    border-color: var(--accent);
    outline: 3px solid var(--accent);
    outline-offset: 1px;
  }
  .code:has(input[aria-invalid='true']) .slots i {
    border-color: var(--danger);
  }
  .code:has(input[aria-invalid='true']:focus-visible) .slots i.next {
    outline-color: var(--danger);
  }
  .life {
    display: flex;
    align-items: center;
    gap: 0.4375rem;
    color: var(--soft);
    font-size: 0.9375rem;
    font-variant-numeric: tabular-nums;
  }
  .life b {
    color: var(--text);
    font-weight: 620;
  }
  .count {
    font-weight: inherit;
    font-variant-numeric: tabular-nums;
  }

  .ways {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0 1.25rem;
    padding-block-start: 0.5rem;
    border-block-start: 1px solid var(--rule);
  }
  .status {
    color: var(--soft);
    font-size: 0.9375rem;
  }
  .status:empty {
    display: none;
  }
  .status span {
    display: flex;
    gap: 0.5rem;
    padding: 0.75rem 0.875rem;
    border-radius: var(--radius);
    background: var(--tint);
    color: var(--text);
  }
  .note,
  .test-code {
    padding: 0.75rem 0.875rem;
    border-radius: var(--radius);
    background: var(--tint);
    font-size: 0.9375rem;
  }
  .progress {
    display: flex;
    flex-direction: column-reverse;
    gap: 0.5rem;
    color: var(--soft);
    font-size: 0.875rem;
    font-weight: 560;
  }
  .bars {
    display: grid;
    grid-template-columns: repeat(3, 1fr);
    gap: 0.375rem;
  }
  .bars i {
    height: 0.25rem;
    border-radius: 1rem;
    background: var(--rule);
  }
  .bars i.on {
    background: var(--accent);
  }
  .success {
    display: grid;
    place-items: center;
    width: 4.5rem;
    height: 4.5rem;
    margin: 0.5rem auto;
    border-radius: 50%;
    background: var(--tint);
    color: var(--accent);
    font-size: 1.75rem;
    animation: arrive 0.35s cubic-bezier(0.2, 1.4, 0.4, 1);
  }
  @keyframes arrive {
    from {
      opacity: 0;
      transform: scale(0.6);
    }
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  @media (forced-colors: active) {
    .code input {
      color: FieldText;
    }
    .slots i {
      border-color: ButtonBorder;
    }
    .code:has(input:focus-visible) .slots i.next {
      outline-color: Highlight;
    }
    .box,
    .status span,
    .success {
      border: 1px solid CanvasText;
    }
    .bars i {
      border: 1px solid CanvasText;
    }
    .bars i.on {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;
