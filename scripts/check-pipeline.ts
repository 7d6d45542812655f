import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'
import { rolesTable } from '../shared/runtime/roles-table.ts'
import type { RegisteredRoute } from '../shared/runtime/route.ts'
import { loadPipeline, type Pipeline } from './pipeline.ts'

type Route = Pick<RegisteredRoute, 'method' | 'path'> & { step: string }

/** What differs between the plan and the code under `root/functions`, one sentence each; empty when they agree. */
export function pipelineFaults(root: string): string[] {
  const pipeline = loadPipeline(pathToFileURL(`${root}/functions/pipeline.yaml`))
  return [...pipeline.faults, ...folderFaults(root, pipeline), ...topicFaults(root, pipeline)]
}

/** Rule 6: a step's entry and its folder come together. */
function folderFaults(root: string, { steps }: Pipeline): string[] {
  const folders = globSync('*/', { cwd: `${root}/functions` }).map(folder => folder.replace(/\/$/, ''))
  return [
    ...Object.keys(steps)
      .filter(step => !existsSync(`${root}/functions/${step}/index.ts`))
      .map(step => `${step} is a step, but there is no functions/${step}/index.ts`),
    ...folders.filter(folder => !Object.hasOwn(steps, folder)).map(folder => `functions/${folder} is no step of pipeline.yaml`),
  ]
}

/** A step's code names every topic that it reads, and none that it neither reads nor publishes. What `shared/` publishes is not seen here. */
function topicFaults(root: string, { steps, topics, subscriptions }: Pipeline): string[] {
  return Object.entries(steps).flatMap(([step, { publishes }]) => {
    const read = subscriptions.filter(subscription => subscription.step === step).map(({ topic }) => topic)
    const foreign = new Set(topics.filter(topic => !publishes.includes(topic) && !read.includes(topic)))
    const files = globSync(`functions/${step}/**/*.ts`, { cwd: root }).map(file => ({ file, ...wordsOf(`${root}/${file}`) }))
    return [
      ...files.flatMap(({ file, strings }) =>
        [...strings.intersection(foreign)].map(topic => `${file} names ${topic}, which ${step} neither publishes nor reads`),
      ),
      ...read
        .filter(topic => files.length > 0 && !files.some(({ strings, keys }) => strings.has(topic) || keys.has(topic)))
        .map(topic => `${step} reads ${topic}, which its code does not name`),
    ]
  })
}

/** The strings of a source file and the bare keys of its objects; comments and import paths are neither. */
function wordsOf(file: string): { strings: Set<string>; keys: Set<string> } {
  const [strings, keys] = [new Set<string>(), new Set<string>()]
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return
    if (ts.isStringLiteralLike(node)) strings.add(node.text)
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) keys.add(node.name.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest))
  return { strings, keys }
}

/** What differs between the `paths` of the steps and the routes that their code registered. */
export function routeFaults(steps: Record<string, { paths: string[] }>, routes: readonly Route[]): string[] {
  return Object.entries(steps).flatMap(([step, { paths }]) => {
    const own = routes.filter(route => route.step === step).map(({ method, path }) => `${method} ${path}`)
    return [
      ...own
        .filter(route => !paths.some(path => covers(path, route)))
        .map(route => `${step} answers ${route}, which pipeline.yaml does not list`),
      ...paths.filter(path => !own.some(route => covers(path, route))).map(path => `${step} lists ${path}, which its code does not answer`),
    ]
  })
}

/** Routes that the roles table does not have or tells otherwise of, and entries of it that no route answers. */
export function roleFaults(table: Readonly<Record<string, unknown>>, routes: readonly (Route & { access: unknown })[]): string[] {
  const named = new Map(routes.map(route => [`${route.method} ${route.path}`, JSON.stringify(route.access)]))
  return [
    ...[...named].flatMap(([route, access]) => {
      if (!Object.hasOwn(table, route)) return [`${route} has no entry in shared/runtime/roles-table.ts: add it with access ${access}`]
      const told = JSON.stringify(table[route])
      return told === access ? [] : [`${route} declares access ${access}; shared/runtime/roles-table.ts says ${told}`]
    }),
    ...Object.keys(table)
      .filter(route => !named.has(route))
      .map(route => `shared/runtime/roles-table.ts lists ${route}, which no step answers`),
  ]
}

/** The code writes `:name` where the plan writes `{name}`. */
const covers = (path: string, route: string) =>
  path.endsWith('*') ? route.startsWith(path.slice(0, -1)) : route === path.replaceAll(/\{([^}]*)\}/g, ':$1')

/** Loads the steps that have paths, which registers their routes; a step connects to nothing until it is called. */
export async function codeRoutes(root: string, { steps }: Pipeline): Promise<readonly RegisteredRoute[]> {
  const { registeredRoutes } = await import('../shared/runtime/define-http.ts')
  process.env.MONGODB_URI ??= 'mongodb://127.0.0.1:1'
  for (const [step, { paths }] of Object.entries(steps)) {
    if (paths.length > 0) await import(pathToFileURL(`${root}/functions/${step}/index.ts`).href)
  }
  return registeredRoutes()
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const faults = pipelineFaults(root)
  if (faults.length === 0) {
    const pipeline = loadPipeline()
    const routes = await codeRoutes(root, pipeline)
    faults.push(...routeFaults(pipeline.steps, routes), ...roleFaults(rolesTable, routes))
  }
  for (const fault of faults) console.error(fault)
  process.exit(faults.length > 0 ? 1 : 0)
}
