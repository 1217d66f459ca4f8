import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { masuk } from './eslint-rules/masuk.mjs';

const CONFIG_ONLY =
  'Only src/platform/config/ reads process.env, once, validated and typed. Add the variable there and inject the configuration.';

const CLOCK =
  'The wall clock may be set back or forth. Measure time with performance.now(), and compare with what rows hold in the statement or by databaseNow().';

/** Lets dates be made, shown and stored, and no time be measured with them. */
const WALL_CLOCK = { object: 'Date', property: 'now', message: CLOCK };
const NEW_DATE = 'NewExpression[callee.name="Date"][arguments.length=0]';

const nodeGlobals = Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']));

/** Strict, less what only makes noise with Nest: classes that are decorators' carriers, async methods of an interface. */
const typescript = {
  files: ['**/*.ts'],
  extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    '@typescript-eslint/require-await': 'off',
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
    '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
    '@typescript-eslint/no-unsafe-enum-comparison': 'off',
    // The classes that are spread here are DTOs: all fields, no prototype worth keeping.
    '@typescript-eslint/no-misused-spread': 'off',
    // Nest's option objects are declared as classes and always given as literals.
    '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'no-var': 'error',
    'prefer-const': 'error',
  },
};

/** The rules of the house, for the service itself. */
const house = {
  files: ['src/**/*.ts'],
  rules: {
    'no-console': 'error',
    'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true, IIFEs: true }],
    'no-restricted-properties': ['error', { object: 'process', property: 'env', message: CONFIG_ONLY }, WALL_CLOCK],
    'no-restricted-imports': [
      'error',
      {
        paths: [
          {
            name: '@nestjs/common',
            importNames: ['forwardRef'],
            message: 'forwardRef hides a circle. Move what both need into a lower room, or pass it as an argument.',
          },
          { name: 'node:process', importNames: ['env'], message: CONFIG_ONLY },
          { name: 'process', importNames: ['env'], message: CONFIG_ONLY },
        ],
      },
    ],
    'no-restricted-syntax': [
      'error',
      {
        selector: 'ExportDefaultDeclaration',
        message: 'Export by name: a name that each importer chooses for itself cannot be searched for.',
      },
      {
        selector: 'ExportAllDeclaration',
        message: 'Import the file that declares the name; a re-export hides where it comes from.',
      },
      {
        selector: 'MemberExpression[property.name=/^\\$(query|execute)(Raw|RawUnsafe|RawTyped)$/]',
        message:
          'SQL of ours is a `statement`, which `npm run sql:check` compares with its types. Prisma writes its own.',
      },
      { selector: `BinaryExpression > ${NEW_DATE}`, message: CLOCK },
      { selector: `MemberExpression[property.name=/^(getTime|valueOf)$/] > ${NEW_DATE}`, message: CLOCK },
    ],
    'masuk/folder-size': 'error',
    'masuk/sql-layout': 'error',
    'masuk/table-owner': 'error',
    'masuk/route-protection': 'error',
    'masuk/no-base-class-names': 'error',
  },
};

/** What browsers get: the same house, without the service's own rules and with a browser's names. */
const browsers = {
  files: ['web/**/*.ts'],
  rules: {
    'no-console': 'error',
    'max-lines': house.rules['max-lines'],
    'max-lines-per-function': house.rules['max-lines-per-function'],
    'no-restricted-syntax': house.rules['no-restricted-syntax'],
    // Lit calls them through its own bookkeeping; a template is no place for a wrapper.
    '@typescript-eslint/unbound-method': 'off',
  },
};

/** Tests say what they want, at length if need be, and look inside what they test. */
const tests = {
  files: ['test/**/*.ts', 'src/**/*.spec.ts'],
  rules: {
    'max-lines': 'off',
    'max-lines-per-function': 'off',
    'no-console': 'off',
    'no-restricted-properties': 'off',
    'no-restricted-imports': 'off',
    'masuk/sql-layout': 'off',
    'masuk/table-owner': 'off',
    'masuk/route-protection': 'off',
    '@typescript-eslint/no-non-null-assertion': 'off',
    '@typescript-eslint/no-unsafe-argument': 'off',
    '@typescript-eslint/no-unsafe-assignment': 'off',
    '@typescript-eslint/no-unsafe-call': 'off',
    '@typescript-eslint/no-unsafe-member-access': 'off',
    '@typescript-eslint/no-unsafe-return': 'off',
    '@typescript-eslint/no-explicit-any': 'off',
    '@typescript-eslint/no-empty-function': 'off',
    '@typescript-eslint/no-extraneous-class': 'off',
    '@typescript-eslint/unbound-method': 'off',
    '@typescript-eslint/no-unnecessary-condition': 'off',
  },
};

export default defineConfig(
  {
    ignores: [
      'build/',
      'dist/',
      'client/dist/',
      'client/src/api.gen.ts',
      'coverage/',
      '.data/',
      '.cache/',
      'test-results/',
      'src/platform/database/generated/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' }, plugins: { masuk } },
  { files: ['**/*.{ts,mjs}'], rules: { 'masuk/reasoned-suppressions': 'error' } },
  typescript,
  {
    files: ['**/*.{js,mjs}'],
    extends: [js.configs.recommended],
    languageOptions: { globals: nodeGlobals },
    rules: { eqeqeq: ['error', 'always', { null: 'ignore' }], 'no-var': 'error', 'prefer-const': 'error' },
  },
  {
    files: ['examples/js/**/*.js', 'examples/oidc/page/*.js'],
    languageOptions: {
      globals: { document: 'readonly', history: 'readonly', location: 'readonly', sessionStorage: 'readonly' },
    },
  },
  house,
  browsers,
  { files: ['src/platform/config/**/*.ts'], rules: { 'no-restricted-properties': ['error', WALL_CLOCK] } },
  { files: ['src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  tests,
  {
    files: ['**/*.spec.ts'],
    rules: { 'masuk/no-wall-clock-limit': 'error', 'masuk/reasoned-pauses': 'error' },
  },
);
