import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

interface Row {
  name: string
  state: string
  ms: number
  errors: string[]
}

const messages = (errors: readonly { message: string; stack?: string | undefined }[] = []) =>
  errors.map(({ message, stack }) => plain(stack?.includes(message) ? stack : `${message}\n${stack ?? ''}`))
// Vitest colours what it quotes; a page has no use for terminal codes.
const plain = (text: string) => text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '')
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The rows of one file: its tests, and what failed outside of any test, such as a file that cannot be loaded or a hook. */
function rowsOf(module: TestModule): Row[] {
  const tests = [...module.children.allTests()].map(test => {
    const { state, errors } = test.result()
    return { name: test.fullName, state, ms: test.diagnostic()?.duration ?? 0, errors: messages(errors) }
  })
  const outside = [module, ...module.children.allSuites()].filter(part => part.errors().length > 0)
  const broken = outside.map(part => ({
    name: part.type === 'suite' ? `${part.fullName} (hook)` : '(file)',
    state: 'failed',
    ms: 0,
    errors: messages(part.errors()),
  }))
  return [...broken, ...tests]
}

const count = (rows: Row[], wanted: string) => rows.filter(({ state }) => state === wanted).length

function section(title: string, rows: Row[]): string {
  const lines = rows.map(
    ({ name, state, ms, errors }) =>
      `<tr class="${state}"><td>${state}</td><td>${escaped(name)}${errors.map(error => `<pre>${escaped(error)}</pre>`).join('')}</td><td>${Math.round(ms)} ms</td></tr>`,
  )
  const failed = count(rows, 'failed')
  const sum = `${count(rows, 'passed')} passed, ${failed} failed`
  return `<details${failed > 0 ? ' open' : ''}><summary>${escaped(title)} <small>${sum}</small></summary><table>${lines.join('\n')}</table></details>`
}

const style = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%}td{padding:.2rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}td:last-child{text-align:right;white-space:nowrap}
summary{cursor:pointer;padding:.3rem 0;font-weight:600}small{font-weight:400;color:#666}pre{white-space:pre-wrap;color:#a00}
.passed td:first-child{color:#060}.failed td:first-child{color:#a00;font-weight:600}`

function page(sections: Map<string, Row[]>, line: string): string {
  const body = [...sections].map(([title, rows]) => section(title, rows)).join('\n')
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tests: ${line}</title><style>${style}</style>
<h1>${line}</h1><p>${new Date().toISOString()}, Node ${process.version}</p>
${body}</html>\n`
}

/** Writes one self-contained page, and the figures as the last line of the output. */
export class TestReport implements Reporter {
  private readonly file: string

  constructor(file: string) {
    this.file = file
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const sections = new Map(modules.map(module => [module.relativeModuleId, rowsOf(module)]))
    // Nobody waited for what threw these, but a run that has them did not pass.
    if (unhandled.length > 0)
      sections.set('outside of any file', [{ name: 'unhandled', state: 'failed', ms: 0, errors: messages(unhandled) }])
    const rows = [...sections.values()].flat()
    const line = `${count(rows, 'passed')} passed, ${count(rows, 'failed')} failed`
    mkdirSync(dirname(this.file), { recursive: true })
    writeFileSync(this.file, page(sections, line))
    console.log(line)
  }
}
