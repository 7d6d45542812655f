import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadPipeline, type Pipeline } from './pipeline.ts'

const target = 'shared/messages/pipeline-names.ts'
const root = new URL('..', import.meta.url)

/** The source of `pipeline-names.ts`, laid out by the same formatter that checks it. */
export function namesFile({ topics, steps }: Pick<Pipeline, 'topics' | 'steps'>): string {
  const source = `// Generated from functions/pipeline.yaml by \`npm run generate\`; \`npm run check\` fails when it is out of date.

export const topics = ${JSON.stringify(topics)} as const
export type Topic = (typeof topics)[number]

export const steps = ${JSON.stringify(Object.keys(steps))} as const
export type StepName = (typeof steps)[number]
`
  const biome = fileURLToPath(new URL('node_modules/.bin/biome', root))
  return execFileSync(biome, ['format', `--stdin-file-path=${target}`], { cwd: root, input: source, encoding: 'utf8' })
}

if (import.meta.main) {
  const file = new URL(target, root)
  const wanted = namesFile(loadPipeline())
  if (!process.argv.includes('--check')) writeFileSync(file, wanted)
  else if (readFileSync(file, 'utf8') !== wanted) {
    console.error(`${target} does not say what functions/pipeline.yaml says; run: npm run generate`)
    process.exitCode = 1
  }
}
