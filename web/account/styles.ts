import { css } from 'lit';

/** The account: who it is, and where it is logged in. */
export const account = css`
  .account {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 2rem;
  }
  .who {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    margin: -0.5rem;
  }
  .who > * {
    margin: 0.5rem;
  }
  .initials {
    display: grid;
    flex: none;
    place-items: center;
    width: 4rem;
    height: 4rem;
    border-radius: 50%;
    background: var(--tint);
    color: var(--accent);
    font-size: 1.375rem;
    font-weight: 680;
  }
  .name {
    flex: 999 1 12rem;
    min-width: 0;
    overflow-wrap: break-word;
    overflow-wrap: anywhere;
  }
  .title {
    font-size: 1.375rem;
    font-weight: 680;
    line-height: 1.25;
    letter-spacing: -0.015em;
  }
  .role {
    display: inline-block;
    margin-block-start: 0.375rem;
    padding: 0.0625rem 0.625rem;
    border-radius: 1rem;
    background: var(--tint);
    color: var(--text);
    font-size: 0.875rem;
    font-weight: 560;
  }
  .who .secondary {
    flex: 1 0 auto;
    width: auto;
    padding-inline-start: 1.125rem;
    padding-inline-end: 1.125rem;
  }
  dl {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 0.5rem 1.5rem;
    margin: 0;
    padding: 1rem 1.125rem;
    border: 1px solid var(--rule);
    border-radius: var(--radius);
  }
  dt {
    color: var(--soft);
  }
  dd {
    margin: 0;
    font-weight: 560;
    overflow-wrap: break-word;
    overflow-wrap: anywhere;
  }
  @media (max-width: 24rem) {
    dl {
      grid-template-columns: 1fr;
      gap: 0;
    }
    dd + dt {
      margin-block-start: 0.5rem;
    }
  }
  h3 {
    font-size: 1.1875rem;
    font-weight: 660;
    letter-spacing: -0.01em;
  }
  .password {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.75rem;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    margin: -0.25rem;
  }
  .row > * {
    margin: 0.25rem;
  }
  .row .secondary {
    width: auto;
    min-height: 2.75rem;
    padding-inline-start: 1.125rem;
    padding-inline-end: 1.125rem;
  }
  .password form {
    margin-block-start: 0.25rem;
  }
  .password .ways {
    justify-content: center;
    padding: 0;
    border: 0;
  }
  .sessions {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.25rem;
  }
  .sessions > p {
    color: var(--soft);
  }
  .sessions ul {
    margin-block-start: 0.75rem;
    padding: 0;
    border: 1px solid var(--rule);
    border-radius: var(--radius);
    list-style: none;
  }
  .sessions li {
    display: flex;
    align-items: center;
    padding: 0.875rem 1.125rem;
  }
  .sessions li + li {
    border-block-start: 1px solid var(--rule);
  }
  .sessions li > svg {
    margin-inline-end: 0.875rem;
    width: 1.625rem;
    height: 1.625rem;
    color: var(--soft);
  }
  .device {
    flex: 1;
    min-width: 0;
  }
  .device b {
    margin-inline-end: 0.375rem;
    font-weight: 620;
  }
  .here {
    display: inline-block;
    padding: 0 0.5625rem;
    border-radius: 1rem;
    background: var(--accent);
    color: var(--on-accent);
    font-size: 0.8125rem;
    font-weight: 620;
    white-space: nowrap;
  }
  .device p {
    display: flex;
    flex-wrap: wrap;
    color: var(--soft);
    font-size: 0.9375rem;
    overflow-wrap: break-word;
    overflow-wrap: anywhere;
  }
  .device p > :not(:last-child) {
    margin-inline-end: 0.75rem;
  }
  .sessions .link {
    margin-inline-start: 0.875rem;
    flex: none;
    min-width: 2.75rem;
    justify-content: center;
    color: var(--danger);
  }
  .loading {
    display: flex;
    align-items: center;
    min-height: 12rem;
    justify-content: center;
    color: var(--soft);
  }
  .loading .spinner {
    margin-inline-end: 0.75rem;
  }
  @media (forced-colors: active) {
    .initials,
    .role,
    .here {
      border: 1px solid CanvasText;
    }
  }
`;
