/** What the tabs show, by the last part of the address. */
export const KINDS = ['settings', 'templates', 'test-numbers', 'signing-keys'] as const;

export type Kind = (typeof KINDS)[number];
