import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { loadPipeline } from './pipeline.ts'

const framework = '@google-cloud/functions-framework'

/**
 * The framework keeps its registry in a variable of its own module: what a bundled copy registers, the copy that runs never sees.
 * The bundle therefore carries only this, and hands its function over as an export, where the framework looks next.
 */
const registry: Plugin = {
  name: 'registry',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${framework}$`) }, () => ({ path: framework, namespace: 'registry' }))
    onLoad({ filter: /.*/, namespace: 'registry' }, () => ({
      contents: 'export const registered = {}; export const http = (name, handler) => { registered[name] = handler }',
    }))
  },
}

const entryOf = (step: string, root: string) => `
import { registered } from '${framework}'
import '${root}/functions/${step}/index.ts'
const handler = registered['${step}']
if (!handler) throw new Error('functions/${step}/index.ts registers no function ${step}')
export { handler as '${step}' }`

export interface Bundle {
  step: string
  folder: string
  bytes: number
  modules: number
  /** Brokers' libraries in it. */
  brokers: string[]
}

const brokerLibraries = ['@stoqey/ib', 'ccxt', '@alpacahq/alpaca-trade-api', 'kiteconnect']

export const bundling = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs', // the Google packages and the database driver are CommonJS and look for files by __dirname
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'silent', // what it has to say is in the error that it throws
} as const

/**
 * A worker thread starts from a file of its own, and HiGHS looks for its WebAssembly beside that. Its CommonJS form, since the other asks for the
 * address of a module, which a bundle has none of.
 */
export async function addSolver(root: string, folder: string): Promise<void> {
  const highs = `${root}/node_modules/highs/build`
  const entryPoints = [`${root}/shared/solver/solver-worker.ts`]
  await build({ ...bundling, alias: { highs: `${highs}/highs.js` }, entryPoints, outfile: `${folder}/solver-worker.js` })
  copyFileSync(`${highs}/highs.wasm`, `${folder}/highs.wasm`)
}

/** Writes `<out>/<step>/`: everything that the step needs to run under the functions-framework, with no packages beside it. */
export async function bundleStep(step: string, { root, out }: { root: string; out: string }): Promise<Bundle> {
  const folder = `${out}/${step}`
  rmSync(folder, { recursive: true, force: true })
  const stdin = { contents: entryOf(step, root), resolveDir: root, sourcefile: `${step}.entry.js` }
  const { metafile, warnings } = await build({ ...bundling, stdin, outfile: `${folder}/index.js`, plugins: [registry] })
  if (warnings.length > 0) throw new Error(`${step}: ${warnings.map(({ text }) => text).join('; ')}`)
  mkdirSync(folder, { recursive: true })
  if (Object.keys(metafile.inputs).some(input => input.endsWith('shared/solver/run-in-worker.ts'))) await addSolver(root, folder)
  writeFileSync(`${folder}/package.json`, `${JSON.stringify({ name: step, private: true, type: 'commonjs', main: 'index.js' }, null, 2)}\n`)
  const inputs = Object.keys(metafile.inputs)
  const brokers = brokerLibraries.filter(name => inputs.some(input => input.includes(`node_modules/${name}/`)))
  return { step, folder, bytes: statSync(`${folder}/index.js`).size, modules: inputs.length, brokers }
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
  const bundles: Bundle[] = []
  for (const step of Object.keys(loadPipeline().steps)) bundles.push(await bundleStep(step, { root, out: `${root}/dist` }))
  console.table(Object.fromEntries(bundles.map(({ step, bytes, modules }) => [step, { kB: Math.round(bytes / 1000), modules }])))
}
