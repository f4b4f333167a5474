// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What must end before what begins.
///
/// Three sources, strongest first: the graph's own edges (they may make a cycle, which is an error of the graph); what
/// live resources say of each other and what kinds follow which (for what has left the graph); one disruptive change
/// of a kind at a time. The latter two only ever add an order where there is none.
struct StepOrdering {
  /// What a step is made from.
  struct Sketch: Sendable {
    let address: Address
    let action: Action
    let disruption: Disruption
    let desired: DesiredResource?
    let live: Observation?
    let deletion: Deletion?
  }

  private let sketches: [Address: Sketch]
  private let graph: Graph
  private let kinds: [KindName: Kind]
  /// What each address needs that has a step; through what has none.
  private let reach: [Address: Set<Address>]
  private var needs: [Step.ID: Set<Step.ID>] = [:]

  init(_ sketches: some Sequence<Sketch>, graph: Graph, kinds: [KindName: Kind]) {
    let busy = sketches.filter { $0.action != .noOp }
    self.sketches = Dictionary(busy.map { ($0.address, $0) }) { first, _ in first }
    self.graph = graph
    self.kinds = kinds
    reach = Self.reach(in: graph, of: Set(busy.map(\.address)))
    for sketch in busy {
      for step in sketch.steps { needs[step] = [] }
    }
    addGraphEdges()
    addLiveEdges()
    addTurns()
  }

  /// All steps in an order in which they could be carried out one by one.
  func steps() throws(Stop) -> [Step] {
    let order: [Step.ID]
    do throws(Cycle<Step.ID>) {
      order = try topologicalOrder(needs)
    } catch {
      throw Stop(.invalid, [.cycle(error.nodes.map(\.description))])
    }
    return order.map { id in
      let sketch = sketches[id.address]
      let isDelete = id.verb == .delete
      return Step(
        id: id, needs: needs[id] ?? [], target: id.verb == .create ? nil : sketch?.live?.id,
        deletion: isDelete ? sketch?.deletion ?? Deletion() : nil)
    }
  }

  /// A resource that needs nothing done still stands between those on either side of it.
  private static func reach(in graph: Graph, of busy: Set<Address>) -> [Address: Set<Address>] {
    var reach: [Address: Set<Address>] = [:]
    func visit(_ address: Address) -> Set<Address> {
      if let known = reach[address] { return known }
      // Ends a walk round a circle that the graph should not have.
      reach[address] = []
      var found: Set<Address> = []
      for needed in graph.resources[address]?.needs ?? [] {
        if busy.contains(needed) { found.insert(needed) } else { found.formUnion(visit(needed)) }
      }
      reach[address] = found
      return found
    }
    for address in graph.resources.keys.sorted() { _ = visit(address) }
    return reach
  }

  // MARK: The graph's edges

  private mutating func addGraphEdges() {
    for (address, sketch) in sketches {
      if case .replace(let order) = sketch.action {
        let (make, unmake) = (Step.ID(.create, address), Step.ID(.delete, address))
        switch order {
        case .deleteThenCreate: needs[make, default: []].insert(unmake)
        case .createThenDelete: needs[unmake, default: []].insert(make)
        }
      }
      for needed in reach[address] ?? [] {
        guard let other = sketches[needed] else { continue }
        if let mine = sketch.makes, let its = other.makes { needs[mine, default: []].insert(its) }
        if let unmake = other.unmakes { letGo(of: unmake, other, by: sketch) }
      }
    }
  }

  /// Nothing is deleted while something that needs it is still there, or still to be pointed elsewhere.
  private mutating func letGo(of unmake: Step.ID, _ gone: Sketch, by dependant: Sketch) {
    if let its = dependant.unmakes {
      needs[unmake, default: []].insert(its)
    } else if dependant.action == .update, gone.action == .replace(.createThenDelete) || gone.action == .delete {
      needs[unmake, default: []].insert(Step.ID(.update, dependant.address))
    }
  }

  // MARK: Edges that only live resources and their kinds know

  private mutating func addLiveEdges() {
    let live = sketches.values.filter { $0.live != nil }.sorted { $0.address < $1.address }
    let references = LiveReferences(live.compactMap { sketch in sketch.live.map { (sketch.address, $0) } })
    for sketch in live {
      for needed in references.of(sketch.address).sorted() { holdBack(needed, until: sketch) }
    }
    let gone = live.filter { $0.unmakes != nil }
    for sketch in gone {
      for other in gone where follows(sketch.address.kind, other.address.kind) {
        holdBack(other.address, until: sketch)
      }
    }
  }

  private mutating func holdBack(_ needed: Address, until dependant: Sketch) {
    guard let gone = sketches[needed], let unmake = gone.unmakes else { return }
    if let its = dependant.unmakes {
      add(unmake, needs: its)
    } else if dependant.action == .update, gone.action == .delete {
      add(unmake, needs: Step.ID(.update, dependant.address))
    }
  }

  /// Directly or through other kinds.
  private func follows(_ kind: KindName, _ other: KindName) -> Bool {
    guard kind != other else { return false }
    var seen: Set<KindName> = [kind]
    var open = [kind]
    while let next = open.popLast() {
      let before = (kinds[next]?.follows ?? []).union(kinds[next]?.parent.map { [$0] } ?? [])
      if before.contains(other) { return true }
      open += before.filter { seen.insert($0).inserted }
    }
    return false
  }

  // MARK: One at a time

  private mutating func addTurns() {
    let disruptive = sketches.values.filter {
      $0.action == .update && $0.disruption >= .restart && kinds[$0.address.kind]?.oneAtATime == true
    }
    addTurnsOfDeletes()
    addSuccessors()
    for (_, queue) in Dictionary(grouping: disruptive, by: \.address.kind).sorted(by: { $0.key < $1.key }) {
      let queue = queue.sorted { ($0.live?.turn ?? 0, $0.address) < ($1.live?.turn ?? 0, $1.address) }
      for (earlier, later) in zip(queue, queue.dropFirst()) {
        add(Step.ID(.update, later.address), needs: Step.ID(.update, earlier.address))
      }
    }
  }

  /// What has the higher turn goes after all that have a lower one; those of one turn go together.
  private mutating func addTurnsOfDeletes() {
    let gone = sketches.values.filter { $0.unmakes != nil && kinds[$0.address.kind]?.oneAtATime == true }
      .sorted { $0.address < $1.address }
    for later in gone {
      guard let unmake = later.unmakes, let live = later.live else { continue }
      for earlier in gone where earlier.address.kind == later.address.kind {
        guard let its = earlier.unmakes, let other = earlier.live, other.turn < live.turn else { continue }
        add(unmake, needs: its)
      }
    }
  }

  /// What leaves goes once what comes of its kind is there: a renamed record is answered all the while, and of members there
  /// are never fewer than before or after. Only what stands in the place of what comes goes first.
  ///
  /// Kinds found by tag have no names that could change hands: their users are pointed elsewhere one by one.
  private mutating func addSuccessors() {
    let sorted = sketches.values.sorted { $0.address < $1.address }
    for gone in sorted where gone.action == .delete {
      guard let unmake = gone.unmakes, let live = gone.live, let kind = kinds[gone.address.kind], kind.identity != .tag
      else { continue }
      for new in sorted where new.action == .create && new.address.kind == kind.name {
        guard let make = new.makes, let desired = new.desired else { continue }
        if kind.excludes(live, desired) { add(make, needs: unmake) } else { add(unmake, needs: make) }
      }
    }
  }

  /// Adds an order unless the opposite one holds already.
  private mutating func add(_ step: Step.ID, needs other: Step.ID) {
    guard step != other, !reaches(from: other, step) else { return }
    needs[step, default: []].insert(other)
  }

  private func reaches(from start: Step.ID, _ end: Step.ID) -> Bool {
    var seen: Set<Step.ID> = [start]
    var open = [start]
    while let next = open.popLast() {
      if next == end { return true }
      open += (needs[next] ?? []).filter { seen.insert($0).inserted }
    }
    return false
  }
}

extension StepOrdering.Sketch {
  /// The step after which it is as desired.
  fileprivate var makes: Step.ID? {
    switch action {
    case .create, .replace: Step.ID(.create, address)
    case .update: Step.ID(.update, address)
    case .noOp, .delete: nil
    }
  }

  /// The step after which the live one is gone.
  fileprivate var unmakes: Step.ID? {
    switch action {
    case .replace, .delete: Step.ID(.delete, address)
    case .noOp, .create, .update: nil
    }
  }

  fileprivate var steps: [Step.ID] { Set([makes, unmakes].compactMap { $0 }).sorted() }
}

/// Who names whom among live resources: a value of one that is an id, a key or an output of exactly one other.
struct LiveReferences {
  private var references: [Address: Set<Address>] = [:]

  init(_ live: [(address: Address, observation: Observation)]) {
    var publishers: [String: Set<Address>] = [:]
    for (address, observation) in live {
      for text in observation.published { publishers[text, default: []].insert(address) }
    }
    for (address, observation) in live {
      for text in observation.values.reduce(into: Set<String>(), { $0.formUnion($1.texts) }) {
        // A name that several have says nothing.
        guard let named = publishers[text], named.count == 1, let other = named.first, other != address else {
          continue
        }
        references[address, default: []].insert(other)
      }
    }
  }

  func of(_ address: Address) -> Set<Address> { references[address] ?? [] }
}

extension Observation {
  fileprivate var published: Set<String> {
    outputs.values.reduce(into: Set([id] + (key.map { [$0] } ?? []))) { $0.formUnion($1.texts) }
  }
}

extension Value {
  fileprivate var texts: Set<String> {
    switch self {
    case .string(let text): [text]
    case .list(let items): items.reduce(into: []) { $0.formUnion($1.texts) }
    case .map(let members): members.values.reduce(into: []) { $0.formUnion($1.texts) }
    case .null, .bool, .int, .double, .unknown, .sealed: []
    }
  }
}
