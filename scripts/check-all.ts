import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The gates, the quick ones first; the first that fails ends the check. */
const gates: Record<string, string[]> = {
  'names of pipeline.yaml': ['node', 'scripts/generate-names.ts', '--check'],
  'tables of the README': ['node', 'scripts/generate-readme.ts', '--check'],
  'format and lint': ['biome', 'check', '--error-on-warnings', '--reporter=concise', '.'],
  'file sizes and names': ['node', 'scripts/check-files.ts'],
  types: ['tsc', '--pretty', 'false'],
  boundaries: ['node', 'scripts/check-boundaries.ts'],
  'unused code': ['knip', '--no-progress', '--no-config-hints'],
  'pipeline.yaml against the code': ['node', 'scripts/check-pipeline.ts'],
}

const cwd = fileURLToPath(new URL('..', import.meta.url))
const env = { ...process.env, PATH: `${cwd}node_modules/.bin:${process.env.PATH}` }

for (const [gate, [command = '', ...args]] of Object.entries(gates)) {
  const begun = performance.now()
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  if (status === 0) {
    console.log(`ok      ${gate}  ${seconds} s`)
    continue
  }
  console.log([stdout, stderr, error?.message].filter(Boolean).join('\n').trim())
  console.log(`failed  ${gate}: ${command} ${args.join(' ')}`)
  process.exit(1)
}
