/** What goes wrong with requests to come, each used up by the request that it meets. */
export interface RequestFault {
  /** Which requests: `POST /v2/orders`, or the beginning of one. */
  of: string
  /**
   * `lost_answer`: it is carried out, and the connection breaks; `reset`: it breaks before; `answer`: this is answered instead, after it was
   * carried out where `carried_out`; `delay`: carried out, and answered late.
   */
  kind: 'lost_answer' | 'reset' | 'answer' | 'delay'
  status?: number
  body?: string
  headers?: Record<string, string>
  carried_out?: boolean
  delay_ms?: number
}

export interface StreamFaults {
  /** Tells everything twice. */
  duplicated: boolean
  /** Tells two updates the other way round. */
  reordered: boolean
  /** Says nothing any more, pongs included. */
  silent: boolean
  /** Text frames, as market data has them; else binary ones. */
  text: boolean
  /** Cut in the middle. */
  garbage: boolean
}

export class Faults {
  readonly requests: RequestFault[] = []
  readonly stream: StreamFaults = { duplicated: false, reordered: false, silent: false, text: false, garbage: false }
  /** Executions appear among the activities so much later. */
  late_activities_ms = 0
  /** Client ids of orders that fill just before their cancel arrives. */
  readonly fill_before_cancel = new Set<string>()
  /** Every request so far, as `METHOD /path`. */
  readonly seen: string[] = []
  /** Bodies of the orders that were asked for, the latest last. */
  readonly orders: Record<string, unknown>[] = []

  add(...faults: RequestFault[]): void {
    this.requests.push(...faults)
  }

  /** Makes the venue take the next order, but lose its answer. */
  loseNextAnswer(): void {
    this.add({ of: 'POST /v2/orders', kind: 'lost_answer' })
  }

  take(request: string): RequestFault | undefined {
    this.seen.push(request)
    const at = this.requests.findIndex(({ of }) => request.startsWith(of))
    return at < 0 ? undefined : this.requests.splice(at, 1)[0]
  }
}
