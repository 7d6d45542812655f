import { renameSync, writeFileSync } from 'node:fs'

/** Writes text that only its owner can read; whoever reads the file meanwhile sees the old content or the new, never half of it. */
export function writePrivateText(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, file)
}

/** The same for JSON. */
export const writePrivateFile = (file: string, content: unknown): void => writePrivateText(file, `${JSON.stringify(content, null, 2)}\n`)
