import { status } from '@grpc/grpc-js'
import { Refusal } from '../grpc-service.ts'

/** The last part of a resource name, which is what Google's messages show. */
export const shortName = (name: string) => name.split('/').at(-1) ?? name

export const notFound = (name: string) => new Refusal(status.NOT_FOUND, `Resource not found (resource=${shortName(name)}).`)

export const alreadyExists = (name: string) =>
  new Refusal(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${shortName(name)}).`)

export const invalid = (message: string) => new Refusal(status.INVALID_ARGUMENT, message)

export const failedPrecondition = (message: string) => new Refusal(status.FAILED_PRECONDITION, message)

export const unavailable = (message: string) => new Refusal(status.UNAVAILABLE, message)

/** What Google's service has and this one does not: said by name, so that nobody looks for a fault of their own. */
export const unimplemented = (feature: string) =>
  new Refusal(status.UNIMPLEMENTED, `${feature} is not implemented by the local Pub/Sub server.`)
