import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import type { SecretPlace } from './cached-secrets.ts'

/** Secrets in files of `NAME=value` lines, as on PATH: the first that has a name counts; what is written goes to the last. */
export function secretFiles(paths: string): SecretPlace {
  const files = paths.split(delimiter).filter(Boolean)
  return {
    async read(name) {
      for (const file of files) {
        const value = existsSync(file) ? linesOf(readFileSync(file, 'utf8')).get(fileName(name)) : undefined
        if (value) return value
      }
      return null
    },
    async write(name, value) {
      const file = files.at(-1)
      if (file === undefined) throw new Error('SECRETS_FILES names no file that a secret could be written to')
      if (/[\r\n]/.test(value)) throw new Error(`the secret ${name} has more than one line`)
      const kept = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
      const others = kept.filter(line => line !== '' && !linesOf(line).has(fileName(name)))
      writePrivately(file, [...others, `${fileName(name)}=${value}`, ''].join('\n'))
    },
  }
}

/** `telegram-token` is `TELEGRAM_TOKEN` in a file. */
const fileName = (name: string): string => name.toUpperCase().replaceAll('-', '_')

const linesOf = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').flatMap(line => {
      const found = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line)
      return found ? [[found[1] ?? '', (found[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')] as const] : []
    }),
  )

/** Whoever reads the file meanwhile sees the old content or the new, never half of it. */
function writePrivately(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, file)
}
