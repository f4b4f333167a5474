// SPDX-License-Identifier: Apache-2.0

package import Core

/// How an operation hands out its results page by page, from botocore's `paginators-1.json`.
package struct Pagination: Sendable, Hashable {
  /// Members of the input.
  package let inputTokens: [String]
  /// Where the output says what to put there; dots lead into structures (`EngineDefaults.Marker`).
  package let outputTokens: [String]
  /// The output's member that is true while there is more; nil when the token alone says so.
  package let moreResults: String?
  /// The input's member that sets the size of a page.
  package let limit: String?

  package init(inputTokens: [String], outputTokens: [String], moreResults: String? = nil, limit: String? = nil) {
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.moreResults = moreResults
    self.limit = limit
  }
}

/// The pages of one call, as they come: after each, `request(after:)` says what to ask next.
package struct Pages: Sendable {
  private let operation: OperationModel
  private var input: Fields
  private var seen: Set<[Document?]> = []

  /// The first request is `input` itself.
  package init(_ operation: OperationModel, _ input: Fields) {
    self.operation = operation
    self.input = input
  }

  /// The input of the next page; nil after the last one.
  ///
  /// Fails when a service hands out the same token twice (it would go on for ever), or says that there is more and gives
  /// no token: half a listing must not pass for a whole one.
  package mutating func request(after output: Fields) throws(CallError) -> Fields? {
    guard let pagination = operation.pagination else { return nil }
    if let flag = pagination.moreResults, value(at: flag, of: output) != .boolean(true) { return nil }
    let tokens = pagination.outputTokens.map { value(at: $0, of: output).flatMap(Self.token) }
    if tokens.allSatisfy({ $0 == nil }) {
      if pagination.moreResults == nil { return nil }
      throw failure("MissingPageToken", "the service has more pages and does not say where")
    }
    guard seen.insert(tokens).inserted else {
      throw failure("RepeatedPage", "the service gave the same page token twice")
    }
    for (name, token) in zip(pagination.inputTokens, tokens) {
      if let index = operation.input.index(of: name) { input[index] = token }
    }
    return input
  }

  private func failure(_ code: String, _ message: String) -> CallError {
    CallError(.unavailable, code: code, message: message, operation: operation.fullName)
  }

  /// An empty token is no token.
  private static func token(_ value: Document) -> Document? {
    switch value {
    case .null, .string(""): nil
    case .boolean, .integer, .double, .string, .blob, .timestamp, .list, .map, .structure, .json: value
    }
  }

  private func value(at path: String, of output: Fields) -> Document? {
    var fields = output
    var shape = operation.output
    var names = path.split(separator: ".")[...]
    while let name = names.popFirst() {
      guard let index = shape.index(of: String(name)), let value = fields[index] else { return nil }
      if names.isEmpty { return value }
      guard case .structure(let inner) = value, case .structure(let resolve) = shape.members[index].shape else {
        return nil
      }
      fields = inner
      shape = resolve()
    }
    return nil
  }
}
