// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Core
import ResourceKit
import Testing

/// A kind that calls nobody.
private enum Lamp: ResourceKind {
  static let name: KindName = "house/lamp"
  static let identity = Identity.tag

  struct Desired: Sendable {
    var room: Input<String>
    var bulbs: [Input<String>] = []
    var isOn = false
    var colour: String?
  }

  struct Observed: Sendable {
    let id: String
    let room: String
    let bulbs: [String]
    let isOn: Bool
    let colour: String
  }

  static let attributes: [Attribute<Self>] = [
    Attribute("room", \.room, \.room),
    Attribute("bulbs", \.bulbs, \.bulbs, equality: .unordered),
    Attribute("isOn", \.isOn, \.isOn),
    Attribute(serverDefaulted: "colour", \.colour, \.colour),
  ]
  static let outputs: [Output<Self>] = [Output("id", \.id)]

  static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] { [] }
  static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {}
  static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {}
  static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {}
  static func facts(_ observed: Observed) -> Facts { Facts(id: observed.id, owner: .nobody) }
}

@Suite struct NodeTests {
  private let room = OutputID(Address("house/room", "study"), "id")

  @Test("what a resource refers to is what it needs")
  func needs() {
    let extra = Address("house/socket", "wall")
    let resource = Node<Lamp>("desk", .init(room: .output(room))).resource(after: [extra])
    #expect(resource.needs == [room.address, extra])
    #expect(resource.values == [.unknown(room), .list([]), .bool(false), .null])
  }

  @Test("an output is named by its address and its name")
  func outputs() {
    #expect(
      Node<Lamp>("desk", .init(room: "study")).output(\.id) == .output(OutputID(Address(Lamp.name, "desk"), "id")))
  }

  @Test("a reference that is not known yet sends nothing")
  func unresolved() {
    let inputs: [Input<String>] = ["a", .output(room)]
    #expect(throws: CallError.self) { try inputs.now() }
    #expect(throws: CallError.self) { try inputs[1].now() }
    #expect((try? inputs[0].now()) == "a")
  }

  @Test("an update is asked about attributes by path")
  func changes() {
    let changes = Changes<Lamp>(["isOn"])
    #expect(changes.contains(\.isOn))
    #expect(!changes.contains(\.room))
    #expect(changes.containsAny(\.room, \.isOn))
    #expect(!changes.containsAny(\.room, \.colour))
  }
}

@Suite struct TagTests {
  private let address = Address("house/lamp", "desk")

  @Test("owner tags name the stack, the resource and the keys that the spec set")
  func ownerTags() {
    let tags = OwnerTag.tags(stack: "home", address: address, ["team": "light", "cost": "low"])
    #expect(
      tags == [
        "team": "light", "cost": "low", "harecon:stack": "home", "harecon:id": "house/lamp.desk",
        "harecon:keys": "cost team",
      ])
    #expect(OwnerTag.owner(tags) == .stack("home", id: "house/lamp.desk"))
    #expect(OwnerTag.owner(["team": "light"]) == .nobody)
  }

  @Test("a key taken out of the spec is removed, a key of others stays")
  func removedKeys() {
    let old = OwnerTag.tags(stack: "home", address: address, ["team": "light", "cost": "low"])
      .merging(["theirs": "x", "aws:made": "y"]) { $1 }
    let new = OwnerTag.tags(stack: "home", address: address, ["team": "dark"])
    let changes = TagChanges(from: old, to: new)
    #expect(changes.set.map(\.key) == ["harecon:keys", "team"])
    #expect(changes.remove == ["cost"])
  }

  @Test("when the last of the spec's keys goes, so does the memory of them")
  func lastKey() {
    let old = OwnerTag.tags(stack: "home", address: address, ["team": "light"])
    let changes = TagChanges(from: old, to: OwnerTag.tags(stack: "home", address: address, [:]))
    #expect(changes.set.isEmpty)
    #expect(changes.remove == ["harecon:keys", "team"])
  }

  @Test("a key taken out of a memory of several tags is removed, and so is the tag that it no longer needs")
  func longMemory() {
    let many = Dictionary(uniqueKeysWithValues: (10..<40).map { ("a-rather-long-key-\($0)", "x") })
    let old = OwnerTag.tags(stack: "home", address: address, many)
    #expect(old["harecon:keys.3"] != nil)
    let changes = TagChanges(from: old, to: OwnerTag.tags(stack: "home", address: address, ["team": "light"]))
    #expect(changes.set.map(\.key) == ["harecon:keys", "team"])
    #expect(Set(changes.remove) == Set(many.keys).union(["harecon:keys.2", "harecon:keys.3"]))
  }

  @Test("in batches, whose it is comes first, and keys go before they are forgotten")
  func batches() {
    let old = Dictionary(uniqueKeysWithValues: (10..<22).map { ("old-\($0)", "x") })
    let new = Dictionary(uniqueKeysWithValues: (10..<22).map { ("a-\($0)", "x") })
    let changes = TagChanges(
      from: OwnerTag.tags(stack: "home", address: address, old),
      to: OwnerTag.tags(stack: "house", address: Address("house/lamp", "hall"), new))
    let batches = changes.batches(of: 10)
    #expect(batches.map(\.remove.count) == [10, 2, 0])
    #expect(batches.map(\.set.count) == [0, 10, 5])
    #expect(batches[1].set.prefix(2).map(\.key) == ["harecon:id", "harecon:stack"])
    #expect(batches.flatMap(\.remove).sorted() == changes.remove)
    #expect(batches.flatMap(\.set).map(\.key).sorted() == changes.set.map(\.key))
    let all = OwnerTag.tags(stack: "home", address: address, old)
    let bare = TagChanges(from: all, to: OwnerTag.tags(stack: "home", address: address, [:])).batches(of: 5)
    #expect(bare.last?.remove.last == "harecon:keys")
    #expect(TagChanges(from: all, to: all).batches(of: 10).isEmpty)
  }

  @Test("the same tags need no call")
  func unchanged() {
    let tags = OwnerTag.tags(stack: "home", address: address, ["team": "light"])
    let changes = TagChanges(from: tags.merging(["theirs": "x"]) { $1 }, to: tags)
    #expect(changes.set.isEmpty && changes.remove.isEmpty)
  }
}

@Suite struct ConcurrentlyTests {
  @Test("answers come in the order of the questions")
  func order() async throws {
    let answers = try await (0..<50).concurrently { (number: Int) async throws(CallError) in
      if number.isMultiple(of: 7) { await Task.yield() }
      return number * 2
    }
    #expect(answers == (0..<50).map { $0 * 2 })
  }

  @Test("the first failure in that order is the one that is told")
  func failures() async {
    await #expect {
      _ = try await (0..<9).concurrently { (number: Int) async throws(CallError) -> Int in
        if number > 3 { throw CallError(.conflict, code: "\(number)", message: "") }
        return number
      }
    } throws: { ($0 as? CallError)?.code == "4" }
  }

  @Test("what is not there is nothing, every other failure stays one")
  func ifThereIsQuiet() async throws {
    let absent = CallError(.notFound, code: "NoSuchThing", message: "")
    let nothing: Int? = try await ifThere { () async throws(CallError) -> Int in throw absent }
    #expect(nothing == nil)
    await #expect(throws: CallError.self) {
      _ = try await ifThere { () async throws(CallError) -> Int in throw CallError(.denied, code: "No", message: "") }
    }
  }
}
