import tseslint from 'typescript-eslint'

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'coverage/',
      '.components/',
      '**/*.mjs',
      '**/*.cjs',
      'examples/**/*.js',
      'src/planning/settings/setting-names.ts',
      'src/reporting/page-assets.ts'
    ]
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'inline-type-imports'}],
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/no-explicit-any': 'error',
      'max-lines-per-function': ['error', {max: 40, skipBlankLines: true, skipComments: true}],
      'max-lines': ['error', {max: 250, skipBlankLines: true, skipComments: true}],
      'max-params': ['error', 4],
      'no-console': 'error',
      eqeqeq: 'error'
    }
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {selector: 'Program > VariableDeclaration[kind="let"]', message: 'No state at module level.'},
        {
          selector: 'Program > ExpressionStatement > CallExpression',
          message: 'A module does no work when it is imported.'
        }
      ]
    }
  },
  {
    files: ['__tests__/**/*.ts', 'scripts/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off'
    }
  }
)
