// SPDX-License-Identifier: Apache-2.0

package import Core

extension Planner {
  /// What it takes to take down everything that the stack owns, in the spec or not.
  ///
  /// - Throws: when something in the way of a name is not ours, or when it is not clear what is, or when what is not ours keeps
  ///   something of ours from being deleted: then nothing is deleted.
  package func destroy(_ graph: Graph, _ world: World, _ policy: Plan.DataPolicy) throws(Stop) -> Decision {
    let order = try graph.order(kinds)
    if let stop = world.stop { throw stop }
    let matching = Matching(graph, in: order, world, kinds)
    // What is not ours is no obstacle to deleting what is.
    let problems = matching.problems.filter { $0.rule != "ownership.foreign" }
    guard problems.isEmpty else { throw Stop(.ownership, problems) }
    let live = matching.live.merging(matching.orphans) { first, _ in first }
    let leftAlone = matching.disowned.filter { disowned in !live.values.contains { $0.id == disowned.observation.id } }
    let kept = Kept(live, graph, kinds, policy)
    let obstacles = Obstacle.all(to: live.filter { !kept.contains($0.key) }, in: world, kinds)
    guard obstacles.isEmpty else { throw Stop(.ownership, obstacles.map { .inTheWay($0, stack: graph.stack) }) }
    var drafts: [Address: Draft] = [:]
    for (address, observation) in live {
      drafts[address] =
        kept.contains(address)
        ? .keep(address, observation)
        : .delete(
          address, observation, kinds[address.kind], deletion(of: address, graph.stack, policy), .destroy)
    }
    for resource in graph.sorted where live[resource.address] == nil {
      let change = ResourceChange(address: resource.address, action: .noOp, reasons: [.absent], origin: resource.origin)
      drafts[resource.address] = Draft(change: change, desired: resource, live: nil, sighting: nil)
    }
    let ordering = StepOrdering(drafts.values.map(\.sketch), graph: graph, kinds: kinds)
    let plan = Plan(
      stack: graph.stack, account: account, region: region, purpose: .destroy(policy),
      specDigest: graph.digest(kinds), sightings: drafts.compactMapValues(\.sighting),
      changes: drafts.values.map(\.change).sorted { $0.address < $1.address }, steps: try ordering.steps(),
      notes: matching.notes + leftAlone.map { .leftAlone($0, stack: graph.stack) } + kept.notes(live)
        + fate(of: live, policy))
    return Decision(plan: plan, graph: graph, desired: [:], live: live)
  }

  /// What becomes of the data, before anybody agrees to it.
  private func fate(of live: [Address: Observation], _ policy: Plan.DataPolicy) -> [Diagnostic] {
    guard live.keys.contains(where: { kinds[$0.kind]?.holdsData == true }) else { return [] }
    switch policy {
    case .keep: return []
    case .snapshot(let stamp): return [.lastSnapshots(stamp)]
    case .discard: return [.dataDiscarded]
    }
  }

  private func deletion(of address: Address, _ stack: String, _ policy: Plan.DataPolicy) -> Deletion {
    switch policy {
    case .snapshot(let stamp) where kinds[address.kind]?.holdsData == true:
      Deletion(finalSnapshot: Self.snapshotName(stack, address.name, stamp), wholeStack: true)
    case .snapshot, .discard, .keep: Deletion(wholeStack: true)
    }
  }

  /// Letters, digits and single hyphens, as RDS wants it; never the name of an earlier one.
  static func snapshotName(_ stack: String, _ name: String, _ stamp: String) -> String {
    let plain = "\(stack)-\(name)-final-\(stamp)".lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    return String(plain).split(separator: "-").joined(separator: "-")
  }
}

/// What holds data and everything that it needs, when data is to be kept.
private struct Kept {
  /// What is kept → for whose sake; nil for its own.
  private var reasons: [Address: Address?] = [:]

  init(_ live: [Address: Observation], _ graph: Graph, _ kinds: [KindName: Kind], _ policy: Plan.DataPolicy) {
    guard policy == .keep else { return }
    let references = LiveReferences(live.map { (address: $0.key, observation: $0.value) })
    for holder in live.keys.sorted() where kinds[holder.kind]?.holdsData == true { reasons[holder] = .some(nil) }
    for holder in reasons.keys.sorted() {
      var open = [holder]
      while let address = open.popLast() {
        let needed = (graph.resources[address]?.needs ?? []).union(references.of(address))
        for other in needed.sorted() where reasons[other] == nil {
          reasons[other] = .some(holder)
          open.append(other)
        }
      }
    }
  }

  func contains(_ address: Address) -> Bool { reasons[address] != nil }

  func notes(_ live: [Address: Observation]) -> [Diagnostic] {
    live.sorted { $0.key < $1.key }.compactMap { address, observation in
      guard let reason = reasons[address] else { return nil }
      return .keptInDestroy(address, id: observation.id, because: reason)
    }
  }
}

extension Diagnostic {
  fileprivate static func lastSnapshots(_ stamp: String) -> Diagnostic {
    Diagnostic(
      .note, rule: "destroy.data",
      "deletion protection is switched off; a last snapshot, named \"...-final-\(stamp)\", and the key that it needs "
        + "outlive the stack")
  }

  fileprivate static let dataDiscarded = Diagnostic(
    .warning, rule: "destroy.data",
    "deletion protection is switched off and no last snapshot is taken: the data is lost")
}

extension Draft {
  fileprivate static func keep(_ address: Address, _ live: Observation) -> Draft {
    let change = ResourceChange(address: address, action: .noOp, reasons: [.destroy], id: live.id)
    return Draft(change: change, desired: nil, live: live, sighting: nil)
  }
}
