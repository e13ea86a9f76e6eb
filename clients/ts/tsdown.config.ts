import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  // Module by module, so that bundlers leave out those that a program does not use.
  unbundle: true,
  target: 'es2022',
  dts: true,
  // .js and .d.ts for ESM, .cjs and .d.cts for CommonJS, since the package is of type module.
  fixedExtension: false,
  logLevel: 'warn',
});
