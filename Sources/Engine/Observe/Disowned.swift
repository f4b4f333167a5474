// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A live resource that the stack's own stand on, and whose tags no longer say that it is the stack's.
///
/// Only what is there and is named by attributes that cannot be changed counts: what could be pointed elsewhere may have been.
struct Disowned: Sendable {
  let desired: DesiredResource
  let observation: Observation
  /// What of the stack names it; never empty.
  let witnesses: [Address]

  /// - Parameter live: what the addresses of the graph mean; those that are absent are looked for.
  static func all(
    in graph: Graph, live: [Address: Observation], _ world: World, _ kinds: [KindName: Kind]
  ) -> [Disowned] {
    let found = claims(in: graph, live, kinds).compactMap { claim, witnesses -> Disowned? in
      let (address, name) = (claim.output.address, claim.output.output)
      guard let desired = graph.resources[address], kinds[address.kind]?.identity == .tag else { return nil }
      let named = world.observations[address.kind]?.first { $0.outputs[name] == claim.value }
      return named.map { Disowned(desired: desired, observation: $0, witnesses: witnesses.sorted()) }
    }
    return found.sorted { ($0.desired.address, $0.observation.id) < ($1.desired.address, $1.observation.id) }
  }

  /// That an output of something absent has this value.
  private struct Claim: Hashable {
    let output: OutputID
    let value: Value
  }

  /// What live resources have where the spec names something absent, and which ones have it.
  private static func claims(
    in graph: Graph, _ live: [Address: Observation], _ kinds: [KindName: Kind]
  ) -> [Claim: [Address]] {
    var claims: [Claim: [Address]] = [:]
    for (address, observation) in live {
      guard let wanted = graph.resources[address]?.values, let schema = kinds[address.kind]?.schema else { continue }
      for (attribute, (wish, value)) in zip(schema, zip(wanted, observation.values)) where attribute.isFixed {
        guard case .unknown(let output) = wish, live[output.address] == nil, value != .null else { continue }
        claims[Claim(output: output, value: value), default: []].append(address)
      }
    }
    return claims
  }
}

extension AttributeSchema {
  fileprivate var isFixed: Bool {
    switch mutability {
    case .inPlace: false
    case .replace, .refuse: true
    }
  }
}

extension Diagnostic {
  static func disowned(_ disowned: Disowned, stack: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "ownership.disowned", disowned.sentence(stack), span: disowned.desired.origin,
      address: disowned.desired.address, hint: disowned.wayOut(stack))
  }

  /// The same where it stands in nobody's way.
  static func leftAlone(_ disowned: Disowned, stack: String) -> Diagnostic {
    Diagnostic(
      .warning, rule: "ownership.disowned", disowned.sentence(stack) + "; it is left alone",
      span: disowned.desired.origin, address: disowned.desired.address, hint: disowned.wayOut(stack))
  }
}

extension Disowned {
  fileprivate func sentence(_ stack: String) -> String {
    let first = witnesses.first.map { "\"\($0)\"" } ?? "what the stack has"
    let others = witnesses.count - 1
    return "\"\(desired.address)\" of stack \"\(stack)\" is not tagged as that any more: "
      + (others > 0 ? "\(first) and \(others) more of its belong" : "\(first) belongs") + " to \(observation.described)"
  }

  fileprivate func wayOut(_ stack: String) -> String {
    "if \"\(observation.id)\" is the stack's, give it its tags again (harecon:stack=\(stack), "
      + "harecon:id=\(desired.address)), then plan again"
  }
}
