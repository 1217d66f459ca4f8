/** Specs run from the sources; contracts, races and browser tests talk to the built service over HTTP. */
export default {
  // Node's, and it has the processes of services, and notes what each file costs (scripts/slowest-specs.mjs).
  testEnvironment: '<rootDir>/test/support/spec-environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/web/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  // For machines of all kinds; what waits for an event gives up sooner, and says for what.
  testTimeout: 120_000,
  // A look-up of a global in the sandbox is slow. The curve of the fake WhatsApp asks for Math in its innermost loop.
  sandboxInjectedGlobals: ['Math'],
};
