import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const limits = { ts: 300, vue: 200 }
/** Names that say nothing of what a file is for; everything ends up in such a file. */
const vague = /^(.*-)?(utils?|helpers?|managers?|misc|commons?)$|^data$/

const lineCount = (text: string) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

/** Files that are too long, and files or folders whose name says nothing, one sentence each. */
export function fileFaults(root: string): string[] {
  const files = globSync('{functions,shared,scripts,tests,frontend}/**/*.{ts,vue}', { cwd: root, exclude: ['**/node_modules/**'] })
  if (files.length === 0) return ['nothing was inspected: there is no source file']
  return files.sort().flatMap(file => {
    const limit = file.endsWith('.vue') ? limits.vue : limits.ts
    const lines = lineCount(readFileSync(`${root}/${file}`, 'utf8'))
    const words = file.split('/').map(part => part.replace(/\..*$/, '').toLowerCase())
    return [
      ...(lines > limit ? [`${file} has ${lines} lines; split it, the limit is ${limit}`] : []),
      ...words.filter(word => vague.test(word)).map(word => `${file}: “${word}” does not say what it is for`),
    ]
  })
}

if (import.meta.main) {
  const faults = fileFaults(fileURLToPath(new URL('..', import.meta.url)))
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
