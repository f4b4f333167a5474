// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("Difference")
struct DifferenceTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    let says: String
    let equality: Equality
    let desired: Value
    let observed: Value
    let same: Bool
    var testDescription: String { says }
  }

  @Test(
    "an equality decides whether two values count as the same",
    arguments: [
      Pair(says: "the same text", equality: .exact, desired: "a", observed: "a", same: true),
      Pair(says: "another text", equality: .exact, desired: "a", observed: "A", same: false),
      Pair(says: "an integer and a whole double", equality: .exact, desired: 2, observed: .double(2), same: true),
      Pair(says: "half a unit more", equality: .exact, desired: 2, observed: .double(2.5), same: false),
      Pair(says: "lists in another order", equality: .exact, desired: ["a", "b"], observed: ["b", "a"], same: false),
      Pair(
        says: "sets in another order", equality: .unordered, desired: ["a", "b"], observed: ["b", "a", "b"], same: true),
      Pair(says: "a set with one more", equality: .unordered, desired: ["a"], observed: ["a", "b"], same: false),
      Pair(says: "no set and an empty one", equality: .unordered, desired: [], observed: .null, same: true),
      Pair(
        says: "texts in another case", equality: .caseInsensitive, desired: "Sun:05", observed: "sun:05", same: true),
      Pair(
        says: "members that others added", equality: .subset, desired: ["a": 1], observed: ["a": 1, "b": 2], same: true),
      Pair(says: "a member with another value", equality: .subset, desired: ["a": 1], observed: ["a": 2], same: false),
      Pair(says: "items that others added", equality: .subset, desired: ["a"], observed: ["b", "a"], same: true),
      Pair(
        says: "tags that others added", equality: .tags, desired: ["x": "1"], observed: ["x": "1", "aws:y": "2"],
        same: true),
      Pair(
        says: "a tag of ours that the spec dropped", equality: .tags, desired: ["harecon:keys": "x", "x": "1"],
        observed: ["harecon:keys": "x y", "x": "1", "y": "2"], same: false),
      Pair(
        says: "a tag of ours from the second part of the memory", equality: .tags,
        desired: ["harecon:keys": "x", "x": "1"],
        observed: ["harecon:keys": "x", "harecon:keys.2": "y", "x": "1", "y": "2"], same: false),
      Pair(
        says: "the memory of tags when all were dropped", equality: .tags, desired: ["harecon:stack": "s"],
        observed: ["harecon:stack": "s", "harecon:keys": "y", "y": "2"], same: false),
      Pair(
        says: "JSON in another layout and order", equality: .document, desired: #"{"a":[1,2],"b":true}"#,
        observed: "{ \"b\" : true,\n \"a\": [1, 2.0] }", same: true),
      Pair(says: "JSON lists in another order", equality: .document, desired: "[1,2]", observed: "[2,1]", same: false),
      Pair(
        says: "what is no JSON, compared as text", equality: .document, desired: "{", observed: "{", same: true),
      Pair(
        says: "a policy as IAM gives it back", equality: .policy,
        desired:
          #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["kms:Decrypt","kms:Encrypt"],"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":true}}}}"#,
        observed:
          #"{"Statement":[{"Action":["kms:encrypt","kms:Decrypt"],"Effect":"Allow","Resource":"*","Principal":{"AWS":["111122223333"]},"Condition":{"Bool":{"aws:SecureTransport":"true"}}}],"Version":"2012-10-17"}"#,
        same: true),
      Pair(
        says: "a policy that allows one action more", equality: .policy,
        desired: #"{"Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}"#,
        observed: #"{"Statement":[{"Effect":"Allow","Action":["kms:Decrypt","kms:*"],"Resource":"*"}]}"#, same: false),
      Pair(
        says: "a policy with another Sid", equality: .policy,
        desired: #"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
        observed: #"{"Statement":[{"Sid":"B","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#, same: false),
      Pair(
        says: "a policy for everybody and one for all of AWS", equality: .policy,
        desired: #"{"Statement":[{"Effect":"Deny","Action":"s3:*","Principal":"*"}]}"#,
        observed: #"{"Statement":[{"Effect":"Deny","Action":"s3:*","Principal":{"AWS":"*"}}]}"#, same: true),
      Pair(
        says: "a role of another account's root", equality: .policy,
        desired: #"{"Statement":[{"Effect":"Allow","Action":"a:b","Principal":{"AWS":"111122223333"}}]}"#,
        observed:
          #"{"Statement":[{"Effect":"Allow","Action":"a:b","Principal":{"AWS":"arn:aws:iam::444455556666:root"}}]}"#,
        same: false),
    ])
  func equality(pair: Pair) {
    #expect((pair.equality.mismatch(desired: pair.desired, observed: pair.observed) == nil) == pair.same)
    if pair.same, pair.equality != .subset, pair.equality != .tags {
      #expect(pair.equality.canonical(pair.desired) == pair.equality.canonical(pair.observed))
    }
  }

  @Test("a subset's difference shows only the members that differ")
  func narrowed() {
    let pair = Equality.subset.mismatch(desired: ["a": 1, "b": 2], observed: ["a": 1, "b": 3, "c": 4])
    #expect(pair?.old == ["b": 3])
    #expect(pair?.new == ["b": 2])
  }

  @Test("law 5: what the spec has no opinion of is no difference")
  func serverDefaulted() {
    #expect(compare(.null, "sun:05:00", .inPlace(), .serverDefaulted).isEmpty)
    #expect(!compare("sat:01:00", "sun:05:00", .inPlace(), .serverDefaulted).isEmpty)
    #expect(!compare(.null, "sun:05:00", .inPlace(), []).isEmpty)
  }

  @Test("what AWS never gives back is never compared")
  func writeOnly() {
    #expect(compare("secret", .null, .inPlace(), .writeOnly).isEmpty)
  }

  @Test(
    "law 5: a version that AWS moved ahead is a note and no difference",
    arguments: [
      ("15.8", "15.10", true, true), ("15.10", "15.8", false, false), ("15.8", "15.8", true, false),
      ("15", "15.4", true, true), ("15.8", "16.1", true, true), ("15.0", "15", true, false),
    ])
  func neverBackwards(desired: String, observed: String, isEmpty: Bool, isAhead: Bool) {
    let difference = compare(.string(desired), .string(observed), .inPlace(), .neverBackwards)
    #expect(difference.isEmpty == isEmpty)
    #expect(difference.ahead.isEmpty == !isAhead)
  }

  @Test("a change that AWS has accepted and that waits for a restart is converging")
  func pending() {
    let difference = compare(
      2, 1, .inPlace(.restart), .atNextRestart, pending: ["size": "at the next restart"])
    #expect(difference.isEmpty)
    #expect(difference.pending == ["size": "at the next restart"])
    #expect(
      difference.sighting == compare(2, 2, .inPlace(.restart), .atNextRestart).sighting,
      "its coming true moves nothing")
  }

  @Test("a change that AWS has accepted and only queued is not made yet")
  func queued() {
    let difference = compare(2, 1, .inPlace(.restart), [], pending: ["size": "in the maintenance window"])
    #expect(difference.names == ["size"])
    #expect(difference.queued == ["size"])
    #expect(difference.pending == [:])
  }

  @Test("what waits under a name of its own is told and holds no change up")
  func waiting() {
    let waiting = ["static parameters": "at the next restart"]
    #expect(compare(2, 2, .inPlace(), [], pending: waiting).pending == waiting)
    let difference = compare(2, 1, .inPlace(), [], pending: waiting)
    #expect(difference.names == ["size"])
    #expect(difference.pending == waiting)
  }

  @Test("a secret is compared and never shown")
  func sealed() throws {
    let change = try #require(compare("new-planted", "old-planted", .inPlace(), .sensitive).attributes.first)
    guard case .sealed(let old) = change.old, case .sealed(let new) = change.new else {
      Issue.record("not sealed: \(change)")
      return
    }
    #expect(old != new)
    #expect(compare("a", "a", .inPlace(), .sensitive).isEmpty)
  }

  @Test("equal secrets in two places have different seals")
  func sealedInPlace() {
    #expect(Seal.seal("x", at: "test/thing.a", "p") != Seal.seal("x", at: "test/thing.b", "p"))
    #expect(Seal.seal("x", at: "test/thing.a", "p") != Seal.seal("x", at: "test/thing.a", "q"))
  }

  @Test("what AWS fixes once it has a value may be given its first in place")
  func setOnce() {
    let refuse = Mutability.refuse(wayOut: "none")
    #expect(compare("key", .null, refuse, .setOnce).attributes.first?.mutability == .inPlace())
    #expect(compare("key", "other", refuse, .setOnce).attributes.first?.mutability == refuse)
    #expect(compare(.bool(true), .bool(false), refuse, .setOnce).attributes.first?.mutability == .inPlace())
    #expect(compare(.bool(false), .bool(true), refuse, .setOnce).attributes.first?.mutability == refuse)
  }

  @Test("a value that is unknown until something else is made differs")
  func unknown() {
    #expect(compare(out("ec2/vpc.main"), "vpc-1", .inPlace(), []).names == ["size"])
  }

  @Test("a change that waits for a restart is not noticed at once")
  func atNextRestart() {
    let difference = compare(1, 2, .inPlace(.restart), .atNextRestart)
    #expect(difference.disruption == .none)
    #expect(difference.attributes.first?.disruption == .restart)
    #expect(difference.attributes.first?.timing == "at the next restart")
    #expect(compare(1, 2, .inPlace(.restart), []).disruption == .restart)
  }

  @Test("what is added to a list may go unnoticed; what is taken away does not")
  func additions() {
    let traits = Traits.additionsUnnoticed
    let adds = compare(["a", out("ec2/subnet.b")], ["a"], .inPlace(.connections), traits, equality: .unordered)
    #expect(adds.disruption == .none && adds.attributes.first?.timing == nil)
    #expect(compare(["b"], ["a"], .inPlace(.connections), traits, equality: .unordered).disruption == .connections)
    #expect(compare(["a", "b"], ["a"], .inPlace(.connections), [], equality: .unordered).disruption == .connections)
  }

  @Test("law 5: another order or spelling of the same is the same sighting")
  func sighting() {
    let a = compare(["a", "b"], ["b", "a"], .inPlace(), [], equality: .unordered)
    let b = compare(["a", "b"], ["a", "b"], .inPlace(), [], equality: .unordered)
    #expect(a.sighting == b.sighting)
    let c = compare(["a", "b"], ["c", "a"], .inPlace(), [], equality: .unordered)
    let d = compare(["a", "b"], ["a", "c"], .inPlace(), [], equality: .unordered)
    #expect(c.sighting == d.sighting)
    #expect(a.sighting != c.sighting)
  }

  @Test("what AWS does not tell at the moment is not compared")
  func hidden() {
    #expect(compare(1, .null, .inPlace(), []).names == ["size"])
    #expect(compare(1, .null, .inPlace(), [], hidden: ["size"]).isEmpty)
    #expect(compare(1, .null, .inPlace(), [], hidden: ["colour"]).names == ["size"])
  }

  @Test("what something of the stack holds elsewhere is told, is no difference, and its coming back moves nothing")
  func held() {
    let why = ["size": "somebody holds it"]
    let difference = compare(1, 2, .inPlace(), [], held: why)
    #expect(difference.isEmpty && difference.held == why)
    #expect(difference.sighting == compare(1, 1, .inPlace(), []).sighting)
    #expect(compare(1, 1, .inPlace(), [], held: why).held == [:])
    #expect(compare(1, 2, .inPlace(), [], held: ["colour": "somebody holds it"]).names == ["size"])
  }

  private func compare(
    _ desired: Value, _ observed: Value, _ mutability: Mutability, _ traits: Traits, equality: Equality = .exact,
    pending: [String: String] = [:], hidden: Set<String> = [], held: [String: String] = [:]
  ) -> Difference {
    let fake = FakeKind(
      name: "test/thing",
      schema: [AttributeSchema(name: "size", mutability: mutability, equality: equality, traits: traits)])
    let observation = Observation(
      id: "thing-1", key: nil, owner: .stack("s", id: "test/thing.a"), values: [observed], outputs: [:],
      health: .ready, pending: pending, hidden: hidden, held: held, opaque: "")
    return difference(fake.bound(to: FakeCloud()), fake.desired("a", ["size": desired]), observation)
  }
}
