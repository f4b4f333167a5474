// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The requests of a listing: told what a page said, it has the request for the next one.
struct PageSequence {
  /// nil when the last page has been received.
  private(set) var next: Fields?
  private let operation: OperationModel
  private var seen: Set<[Document]> = []

  init(_ operation: OperationModel, _ input: Fields) {
    self.operation = operation
    next = input
  }

  /// Fails with `unavailable` when the service hands out a token twice: following it would never end.
  mutating func received(_ page: Fields) throws(CallError) {
    guard let request = next else { return }
    next = nil
    guard let pagination = operation.pagination else { return }
    if let path = pagination.moreResults,
      Document.structure(page).value(at: path, in: operation.output) != .boolean(true)
    {
      return
    }
    let tokens = pagination.outputTokens.map { Document.structure(page).value(at: $0, in: operation.output) }
    // Every input token is set anew: an absent one must not keep the value of the page before.
    guard tokens.contains(where: { $0 != nil && $0 != .string("") }) else { return }
    guard seen.insert(tokens.map { $0 ?? .null }).inserted else {
      throw CallError(
        .unavailable, code: "PageTokenRepeated", message: "the service handed out the same page token twice")
    }
    var following = request
    for (name, token) in zip(pagination.inputTokens, tokens) {
      guard let index = operation.input.index(of: name) else { continue }
      following[index] = token == .string("") ? nil : token
    }
    next = following
  }
}

extension Document {
  /// The member at a dotted path of member names.
  func value(at path: String, in shape: StructureShape) -> Document? {
    let name = path.prefix { $0 != "." }
    guard case .structure(let fields) = self, let index = shape.index(of: String(name)), let member = fields[index]
    else { return nil }
    guard name.endIndex < path.endIndex else { return member }
    guard case .structure(let inner) = shape.members[index].shape else { return nil }
    return member.value(at: String(path[path.index(after: name.endIndex)...]), in: inner())
  }
}
