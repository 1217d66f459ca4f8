import { css } from 'lit';

/** The forms of the element. */
export const forms = css`
  .step {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.5rem;
  }
  h2:focus,
  .form-problem:focus {
    outline: none;
  }
  .head {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.5rem;
  }
  .intro {
    color: var(--soft);
    text-wrap: pretty;
  }
  .number {
    font-weight: 640;
    letter-spacing: 0.01em;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .sent-to {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    margin-block-start: 0.25rem;
    padding: 0.5rem 1rem;
    border-radius: var(--radius);
    background: var(--tint);
  }
  .sent-to .number {
    margin-inline-end: 1rem;
  }
  .sent-to .link {
    margin-top: -0.375rem;
    margin-bottom: -0.375rem;
  }
  form {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.125rem;
  }
  .field {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
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
    font-size: 1rem;
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
  /* Live regions stay where a screen reader looks for them; empty ones take no room. */
  .empty {
    position: absolute;
  }
  .problem p,
  .box p {
    display: flex;
    align-items: flex-start;
  }
  .problem svg,
  .box svg {
    margin-block-start: 0.1em;
    margin-inline-end: 0.5rem;
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
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.75rem;
    padding: 0.875rem 1rem;
    border: 1px solid var(--danger-line);
    border-radius: var(--radius);
    background: var(--danger-tint);
    animation: appear 0.18s ease-out;
  }
  .box > p {
    color: var(--text);
  }
  .report {
    font-size: 0.875rem;
    overflow-wrap: break-word;
    overflow-wrap: anywhere;
  }
  .offers {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.25rem;
  }
  .offers:empty {
    display: none;
  }
  .with-toggle {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
  }
  .with-toggle > * {
    grid-area: 1 / 1;
  }
  .with-toggle input {
    padding-inline-end: 3.5rem;
  }
  .toggle {
    display: grid;
    place-items: center;
    justify-self: end;
    width: 2.875rem;
    margin: 0.1875rem;
    padding: 0;
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

  .meanwhile {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    margin-top: -0.5rem;
    margin-bottom: -0.5rem;
  }
  .meanwhile .spinner {
    margin-inline-end: 0.5rem;
  }
  .life {
    display: flex;
    align-items: center;
    margin-inline-end: 1rem;
    color: var(--soft);
    font-size: 0.9375rem;
    font-variant-numeric: tabular-nums;
  }
  .life svg {
    margin-inline-end: 0.4375rem;
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
    padding-block-start: 0.5rem;
    border-block-start: 1px solid var(--rule);
  }
  .ways > :not(:last-child) {
    margin-inline-end: 1.25rem;
  }
  .status {
    color: var(--soft);
    font-size: 0.9375rem;
  }
  .status span {
    display: block;
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
    display: grid;
    gap: 0.5rem;
    color: var(--soft);
    font-size: 0.875rem;
    font-weight: 560;
  }
  .bars {
    display: grid;
    order: -1;
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
    .box,
    .sent-to,
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
