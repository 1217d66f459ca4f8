import { type ProviderDefinition } from '../provider-definition.js';
import { ConsoleProvider } from './console.js';

/** The developer inbox. */
export const developerConsole: ProviderDefinition = {
  name: 'console',
  docs: 'docs/providers/README.md',
  reaches: 'developers',
  needs: [],
  make: (_own, { keep }) => new ConsoleProvider(keep),
};
