import { type ProviderDefinition } from '../provider-definition.js';
import { ConsoleProvider } from './console.js';

/** The developer inbox: docs/providers/README.md. */
export const developerConsole: ProviderDefinition = {
  name: 'console',
  needs: [],
  reaches: 'developers',
  make: ({ keep }) => new ConsoleProvider(keep),
};
