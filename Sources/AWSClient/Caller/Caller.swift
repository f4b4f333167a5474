// SPDX-License-Identifier: Apache-2.0

package import Core
package import Logging

/// Carries out operations of any service, by their models.
package protocol OperationCaller: Sendable {
  func call(_ operation: OperationModel, _ input: Fields) async throws(CallError) -> Fields
}

/// The path of a call: wait for a turn, encode, sign, send, decode, sort out what went wrong, repeat where that is safe.
///
/// What to do after a failure is decided by `RetrySequence`; what a failure means by `ErrorCodes` and `AttemptFailure`.
package final class Caller: OperationCaller {
  /// What a caller works with; every part can be replaced in tests.
  package struct Parts: Sendable {
    package var transport: any Transport
    package var credentials: any CredentialSource
    package var endpoints: EndpointResolver
    /// nil: AWS's rates, except on this machine, where there is nobody to be considerate of.
    package var paces: PaceTable?
    package var policy = RetryPolicy()
    package var deadlines = Deadlines()
    /// Shown in the account's CloudTrail; not signed.
    package var userAgent = "harecon"
    package var time = TimeSource.system
    /// In 0 ..< 1.
    package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
    package var logger: Logger
    package var log = CallLog()

    package init(
      transport: any Transport, credentials: any CredentialSource, endpoints: EndpointResolver, logger: Logger
    ) {
      self.transport = transport
      self.credentials = credentials
      self.endpoints = endpoints
      self.logger = logger
    }
  }

  private struct State {
    var budget = RetryBudget()
    /// The servers' date less ours, in seconds.
    var clockOffset = 0.0
  }

  private let parts: Parts
  private let awsPacer: Pacer
  private let localPacer: Pacer
  private let signer = Signer()
  private let state = Guarded(State())

  package init(_ parts: Parts) {
    self.parts = parts
    awsPacer = Pacer(parts.paces ?? .aws, time: parts.time)
    localPacer = Pacer(parts.paces ?? .unlimited, time: parts.time)
  }

  package func call(_ operation: OperationModel, _ input: Fields) async throws(CallError) -> Fields {
    let start = parts.time.uptime()
    let result: Result<Fields, CallError>
    do {
      let destination = try parts.endpoints.resolve(operation.service)
      let request = try RequestEncoder.encode(
        withTokens(input, operation), for: operation, to: destination.endpoint)
      result = await repeating(Attempt(operation: operation, request: request, destination: destination))
    } catch {
      result = .failure(error)
    }
    switch result {
    case .success(let output):
      parts.log.ended(operation, succeeded: true, after: parts.time.uptime() - start)
      return output
    case .failure(var error):
      parts.log.ended(operation, succeeded: false, after: parts.time.uptime() - start)
      error.operation = operation.fullName
      throw error
    }
  }

  // MARK: Attempts

  private struct Attempt {
    let operation: OperationModel
    let request: HTTPRequest
    let destination: Destination

    /// Doing it twice is no more than doing it once, as far as AWS tells.
    var isRepeatable: Bool { operation.isReadOnly || operation.hasIdempotencyToken }
    var isLocal: Bool { PlainHTTP.isLoopback(PlainHTTP.hostWithoutPort(destination.endpoint.host)) }
  }

  private enum AttemptResult {
    case success(Fields)
    case failure(AttemptFailure, Credentials?)
  }

  private func repeating(_ attempt: Attempt) async -> Result<Fields, CallError> {
    var sequence = RetrySequence(parts.policy)
    let pacer = attempt.isLocal ? localPacer : awsPacer
    while true {
      do {
        try await pacer.waitForTurn(attempt.operation)
      } catch {
        return .failure(.cancelledBeforeSending)
      }
      switch await once(attempt, number: sequence.attempt) {
      case .success(let output):
        state.withLock { $0.budget.callSucceeded(havingSpent: sequence.spent) }
        return .success(output)
      case .failure(let failure, let credentials):
        if failure.error.category == .throttled { pacer.wasThrottled(attempt.operation) }
        let random = parts.random()
        switch state.withLock({ sequence.failed(failure, budget: &$0.budget, random: random) }) {
        case .giveUp: return .failure(sequence.verdict(failure.error))
        case .correctClock(let offset): state.withLock { $0.clockOffset = offset }
        case .refreshCredentials:
          if let credentials { await parts.credentials.reject(credentials) }
        case .wait(let pause):
          do {
            try await parts.time.sleep(pause)
          } catch {
            // The call has failed for good; that the failure was passing no longer helps.
            return .failure(failure.error)
          }
        }
      }
    }
  }

  private func once(_ attempt: Attempt, number: Int) async -> AttemptResult {
    let operation = attempt.operation
    let start = parts.time.uptime()
    var used: Credentials?
    do throws(CallError) {
      var request = try await signed(attempt, &used)
      request.headers.append(("User-Agent", parts.userAgent))
      let response: HTTPResponse
      do throws(TransportError) {
        response = try await parts.transport.send(request, within: parts.deadlines)
      } catch {
        let failure = AttemptFailure(error, isRepeatable: attempt.isRepeatable, host: request.host)
        report(operation, number, start, failure.error)
        return .failure(failure, used)
      }
      do throws(ServiceError) {
        let answer = try ResponseDecoder.decode(response, for: operation)
        report(operation, number, start, status: response.status, requestID: answer.requestID)
        return .success(answer.output)
      } catch {
        var failure = AttemptFailure(
          error, response, of: operation.service.name, isRepeatable: attempt.isRepeatable, now: parts.time.now())
        failure.error.message = used?.redacted(failure.error.message) ?? failure.error.message
        report(operation, number, start, failure.error)
        return .failure(failure, used)
      }
    } catch {
      // Nothing was sent: there are no credentials.
      return .failure(AttemptFailure(error), nil)
    }
  }

  private func signed(_ attempt: Attempt, _ used: inout Credentials?) async throws(CallError) -> HTTPRequest {
    let operation = attempt.operation
    let payload: Signer.Payload
    switch operation.authorization {
    case .anonymous: return attempt.request
    case .signed: payload = .hashed
    case .unsignedBody: payload = .unsigned
    }
    let credentials = try await parts.credentials.credentials()
    used = credentials
    let offset = state.withLock { $0.clockOffset }
    let time = Timestamp(secondsSinceEpoch: parts.time.now().secondsSinceEpoch + offset)
    return signer.sign(
      attempt.request, with: credentials, region: attempt.destination.signingRegion,
      service: operation.service.signingName, at: time, payload: payload)
  }

  /// The input with a token of ours wherever AWS recognises repetitions by one and the author gave none. All attempts of a
  /// call carry the same.
  private func withTokens(_ input: Fields, _ operation: OperationModel) -> Fields {
    var input = input
    for index in operation.input.idempotencyTokens where input[index] == nil {
      input[index] = .string(.idempotencyToken())
    }
    return input
  }

  // MARK: Reports

  private func report(
    _ operation: OperationModel, _ attempt: Int, _ start: Duration, status: Int, requestID: String?
  ) {
    parts.log.attempted(operation, isThrottled: false)
    let time = (parts.time.uptime() - start).milliseconds
    parts.logger.debug("\(operation) attempt \(attempt): \(status) in \(time) ms (request \(requestID ?? "-"))")
  }

  private func report(_ operation: OperationModel, _ attempt: Int, _ start: Duration, _ error: CallError) {
    parts.log.attempted(operation, isThrottled: error.category == .throttled)
    let time = (parts.time.uptime() - start).milliseconds
    let status = error.status.map(String.init) ?? "no answer"
    parts.logger.debug(
      "\(operation) attempt \(attempt): \(status) \(error.category.rawValue) \(error.code) in \(time) ms (request \(error.requestID ?? "-"))"
    )
  }
}

extension CallError {
  static let cancelledBeforeSending = CallError(
    .cancelled, code: "Cancelled", message: "the run was cancelled before the call was made")
}

extension String {
  /// A random UUID (version 4), as AWS's tools use them.
  static func idempotencyToken() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      let digits = String(byte, radix: 16)
      text += digits.count == 1 ? "0" + digits : digits
    }
    return text
  }
}
