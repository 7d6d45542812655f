import {
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'

/** A request that a local server refuses, with the gRPC code and the wording that Google's service uses. */
export class Refusal extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

type Handle = (request: object, signal: AbortSignal) => object | Promise<object>
export type Handlers = Record<string, (request: never, signal: AbortSignal) => object | Promise<object>>

/** Every method of the service: ours, and for the others a refusal that names them and the server. */
export const implementation = (service: ServiceDefinition, handlers: Handlers, server: string): UntypedServiceImplementation => {
  const methods: UntypedServiceImplementation = {}
  for (const name of Object.keys(service)) {
    const handler = handlers[name]
    if (handler) methods[name] = unary(handler as Handle, server)
    else
      methods[name] = unary(() => Promise.reject(new Refusal(status.UNIMPLEMENTED, `${name} is not implemented by the ${server}.`)), server)
  }
  return methods
}

const unary =
  (handler: Handle, server: string): handleUnaryCall<object, object> =>
  (call, answer) => {
    const signal = cancellation(call)
    const handle = async () => handler(call.request, signal)
    handle().then(
      response => answer(null, response),
      (error: unknown) => answer(refusalOf(error, server)),
    )
  }

const cancellation = (call: ServerUnaryCall<object, object>) => {
  const controller = new AbortController()
  call.on('cancelled', () => controller.abort())
  return controller.signal
}

/** What goes back to the caller: a refusal as it is; anything else is a fault of the server, and is told on stderr too. */
export function refusalOf(error: unknown, server: string): Error & { code: status } {
  if (error instanceof Refusal) return error
  process.stderr.write(`${server}: ${error instanceof Error ? error.stack : error}\n`)
  return new Refusal(status.INTERNAL, error instanceof Error ? error.message : String(error))
}
