import { renameSync, writeFileSync } from 'node:fs'

/** Writes JSON that only its owner can read; whoever reads the file meanwhile sees the old content or the new, never half of it. */
export function writePrivateFile(file: string, content: unknown): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}
