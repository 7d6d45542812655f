import type { OptimizationRun } from './portfolio-optimization-runs.ts'

type Asked = Pick<OptimizationRun, 'run_id' | 'kind' | 'name' | 'requested_by' | 'requested_at' | 'day'> & {
  question: Record<string, unknown> & { constructor_name: string }
}

/** A run that waits for its answer. */
export const newRun = ({ question: { constructor_name, ...settings }, ...asked }: Asked): OptimizationRun => ({
  ...asked,
  constructor_name,
  settings,
  status: 'queued',
  finished_at: null,
  inputs_hash: null,
  inputs: [],
  excluded: [],
  strategies: [],
  correlation: [],
  weights: {},
  allocations: {},
  objective: null,
  binding: [],
  metrics: {},
  out_of_sample: null,
  warnings: [],
  obstacles: [],
  reason: null,
  allocation_id: null,
})
