import type { Doc } from '../bson/types.ts'
import type { ExpressionCompiler } from '../query/matcher.ts'

/** One run of a stage: documents are pushed in; `finish` gives what was held back, undefined wherever others may have their turn. */
type Running = { push(doc: Doc): void; finish?(): Iterable<undefined> | undefined; done?(): boolean }
/** `emit` passes a document on; `full` says whether the stages behind can do without any more. */
type Start = (emit: (doc: Doc) => void, full: () => boolean) => Running
export type Stage = { name: string; start: Start }

/** What a stage is compiled with. */
export type Environment = {
  expression: ExpressionCompiler
  variables: Doc
  /** Compiles the stages of a pipeline inside a stage. */
  compile(pipeline: readonly unknown[]): Stage[]
  /** Compiles a pipeline over another collection of the database; undefined between its documents is a breath. */
  over(collection: string, pipeline: readonly unknown[], variables: Doc): () => Iterable<Doc | undefined>
}
export type Builder = (spec: unknown, environment: Environment) => Start

const NOTHING: readonly undefined[] = []

/** Starts a pipeline: documents go in one at a time, and out to `emit`. */
export const startPipeline = (stages: readonly Stage[], emit: (doc: Doc) => void) => {
  const running: Running[] = []
  let next = emit
  let full = () => false
  for (const stage of stages.toReversed()) {
    const [started, behind] = [stage.start(next, full), full]
    running.unshift(started)
    next = started.push
    full = () => behind() || (started.done?.() ?? false)
  }
  return {
    push: next,
    /** Whether more documents cannot change the answer. */
    done: full,
    *finish(): Generator<undefined> {
      for (const stage of running) yield* stage.finish?.() ?? NOTHING
    },
  }
}

/** Runs a pipeline over documents in memory. */
export const runPipeline = (stages: readonly Stage[], docs: readonly Doc[]): Doc[] => {
  const result: Doc[] = []
  const pipeline = startPipeline(stages, doc => result.push(doc))
  for (const doc of docs) pipeline.push(doc)
  for (const _ of pipeline.finish());
  return result
}
