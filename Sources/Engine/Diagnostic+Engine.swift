// SPDX-License-Identifier: Apache-2.0

internal import Core

extension CallError {
  /// What a failed call means for the exit of the whole run.
  var exitCode: ExitCode {
    switch category {
    case .denied: .denied
    case .notFound, .alreadyExists, .throttled, .conflict, .invalid, .unavailable, .ambiguous: .error
    case .cancelled: .incomplete
    }
  }
}

extension Observation {
  /// `vpc-1 (tagged harecon:stack=orders)`.
  var described: String {
    switch owner {
    case .stack(let stack, let id?): "\"\(id)\" of stack \"\(stack)\" (\(self.id))"
    case .stack(let stack, nil): "\"\(id)\", tagged with stack \"\(stack)\""
    case .parent: "\"\(id)\""
    case .nobody: "\"\(id)\", which has no tag of harecon's"
    }
  }
}

extension Diagnostic {
  // MARK: Looking

  static func listingFailed(_ kind: KindName, _ error: CallError) -> Diagnostic {
    Diagnostic(
      .error, rule: "observe.failed", "cannot list \"\(kind)\": \(error)",
      hint: error.nextStep, notes: ["nothing was changed"])
  }

  // MARK: Ownership

  static func foreign(_ desired: DesiredResource, _ observation: Observation, stack: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "ownership.foreign",
      "\"\(desired.address)\" of stack \"\(stack)\" would take the name of something that is not ours: "
        + observation.described,
      span: desired.origin, address: desired.address,
      hint: "choose another stack name, or remove the other resource (\"\(observation.id)\"), then plan again")
  }

  /// AWS refused to make it because of something that is not among what carries our tags or our name.
  static func placeTaken(_ desired: DesiredResource, _ error: CallError, stack: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "ownership.place-taken",
      "\"\(desired.address)\" of stack \"\(stack)\" cannot be made: something that is not ours has its place: \(error)",
      span: desired.origin, address: desired.address,
      hint: "remove what AWS names there, or give the stack another name or network, then plan again")
  }

  static func twoCandidates(_ address: Address, _ observations: [Observation], origin: SourceSpan?) -> Diagnostic {
    let ids = observations.map(\.id).sorted()
    return Diagnostic(
      .error, rule: "ownership.two-candidates",
      "\(ids.count) live resources claim to be \"\(address)\": " + ids.map { "\"\($0)\"" }.joined(separator: ", "),
      span: origin, address: address,
      hint: "remove the tags harecon:stack and harecon:id from all but one, then plan again")
  }

  static func taggedWithoutID(_ kind: KindName, _ observation: Observation) -> Diagnostic {
    Diagnostic(
      .warning, rule: "ownership.no-id",
      "\(kind) \(observation.described), names no resource of that kind in its tag harecon:id; it is left alone",
      hint: "remove its tag harecon:stack if it is not this stack's")
  }

  static func copyKept(_ address: Address, _ observation: Observation) -> Diagnostic {
    Diagnostic(
      .warning, rule: "ownership.copy",
      "\"\(observation.id)\" carries the tags of \"\(address)\" under another name and holds data; it is left alone",
      address: address, hint: "if it is a copy, remove its tags harecon:stack and harecon:id")
  }

  // MARK: Deciding

  static func refused(
    _ change: AttributeChange, of desired: DesiredResource, id: String, wayOut: String
  ) -> Diagnostic {
    Diagnostic(
      .error, rule: "plan.refused",
      "\"\(change.name)\" of \"\(desired.address)\" (\(id)) is \(change.old.brief) and cannot become \(change.new.brief)",
      span: desired.origin, address: desired.address, hint: wayOut)
  }

  static func replaceHoldsData(_ changes: [AttributeChange], of desired: DesiredResource, id: String) -> Diagnostic {
    let names = changes.map { "\"\($0.name)\" from \($0.old.brief) to \($0.new.brief)" }.joined(separator: ", ")
    return Diagnostic(
      .error, rule: "plan.replace-holds-data",
      "\"\(desired.address)\" (\(id)) holds data and would have to be made anew to change \(names)",
      span: desired.origin, address: desired.address,
      hint: "put the live value back into the spec, or build a second stack and move the data, then plan again")
  }

  static func replaceOrder(_ desired: DesiredResource, id: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "plan.replace-order",
      "\"\(desired.address)\" (\(id)) cannot be made anew beside the old one: both would have the name "
        + "\"\(desired.key ?? desired.address.name)\"",
      span: desired.origin, address: desired.address, hint: "put the live values back into the spec, then plan again")
  }

  static func kept(_ address: Address, id: String) -> Diagnostic {
    Diagnostic(
      .warning, rule: "plan.kept",
      "\"\(address)\" (\(id)) is no longer in the spec; it holds data and is kept",
      address: address, hint: "only `harecon destroy` deletes what holds data; to let it go, remove its harecon tags")
  }

  static func lost(_ address: Address, origin: SourceSpan?) -> Diagnostic {
    Diagnostic(
      .warning, rule: "plan.lost",
      "\"\(address)\" holds data and is not there although other resources of the stack are; it would be made empty",
      span: origin, address: address,
      hint: "if it was lost, restore it from a snapshot or a backup first; an apply makes an empty one")
  }

  static func stays(_ address: Address, id: String, because reason: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "plan.stays", "\"\(address)\" (\(id)) is no longer in the spec and cannot go: \(reason)",
      address: address,
      hint: "put it back into the spec until then")
  }

  static func keptInDestroy(_ address: Address, id: String, because: Address?) -> Diagnostic {
    let why = because.map { "\"\($0)\", which holds data, needs it" } ?? "it holds data"
    return Diagnostic(
      .note, rule: "destroy.kept", "\"\(address)\" (\(id)) is kept: \(why)", address: address,
      hint: "to delete it too, run destroy without keeping data")
  }

  static func unknownDependency(_ address: Address, _ needed: Address, origin: SourceSpan?) -> Diagnostic {
    Diagnostic(
      .error, rule: "graph.unknown-dependency", "\"\(address)\" needs \"\(needed)\", which is not in the graph",
      span: origin, address: address)
  }

  static func unknownKind(_ address: Address, origin: SourceSpan?) -> Diagnostic {
    Diagnostic(
      .error, rule: "graph.unknown-kind", "nothing is known of the kind \"\(address.kind)\" of \"\(address)\"",
      span: origin, address: address)
  }

  static func unknownTarget(_ address: Address, suggestion: String?) -> Diagnostic {
    Diagnostic(
      .error, rule: "plan.unknown-target", "the target \"\(address)\" is not in the spec",
      hint: suggestion.map { "did you mean \"\($0)\"?" } ?? "`harecon graph` lists what is")
  }

  static func cycle(_ nodes: [String]) -> Diagnostic {
    Diagnostic(
      .error, rule: "plan.cycle",
      "resources need each other in a circle: " + (nodes + nodes.prefix(1)).joined(separator: " → "),
      hint: "take one of these references out of the spec")
  }

  static func versionAhead(_ change: AttributeChange, of address: Address) -> Diagnostic {
    Diagnostic(
      .note, rule: "plan.version-ahead",
      "\"\(change.name)\" of \"\(address)\" is at \(change.old.brief), ahead of the spec's \(change.new.brief)",
      address: address,
      hint: "nothing is done about it; where the spec says exact, write the live version into it")
  }

  static func pending(_ attribute: String, of address: Address, when: String) -> Diagnostic {
    Diagnostic(
      .note, rule: "plan.pending",
      "\"\(attribute)\" of \"\(address)\" is pending: AWS makes it \(when)",
      address: address)
  }

  static func held(_ attribute: String, of address: Address, because why: String) -> Diagnostic {
    Diagnostic(
      .note, rule: "plan.held", "\"\(attribute)\" of \"\(address)\" is left as it is: \(why)", address: address)
  }

  static func degraded(_ address: Address, id: String, status: String) -> Diagnostic {
    Diagnostic(
      .warning, rule: "plan.degraded", "\"\(address)\" (\(id)) is \"\(status)\" and does not get better by waiting",
      address: address)
  }
}

extension Value {
  /// As a message shows it; long values are cut.
  var brief: String {
    switch self {
    case .null: return "not set"
    case .bool(let flag): return "\"\(flag)\""
    case .int(let number): return "\"\(number)\""
    case .double(let number): return "\"\(number)\""
    case .string(let text): return text.count > 80 ? "\"\(text.prefix(77))…\"" : "\"\(text)\""
    case .unknown(let id): return "the \(id.output) of \"\(id.address)\", known after apply"
    case .sealed: return "a secret"
    case .list(let items):
      let shown = items.prefix(8).map(\.brief) + (items.count > 8 ? ["…"] : [])
      return "[" + shown.joined(separator: ", ") + "]"
    case .map(let members):
      let sorted = members.sorted { $0.key < $1.key }
      let shown = sorted.prefix(8).map { "\($0.key): \($0.value.brief)" } + (members.count > 8 ? ["…"] : [])
      return "{" + shown.joined(separator: ", ") + "}"
    }
  }
}
