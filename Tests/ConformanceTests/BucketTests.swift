// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What the end of a bucket means for what is in it, and whose bucket a name is.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct BucketTests {
  private let stage: Stage
  private let name: String

  init() async throws {
    stage = try await Stage()
    name = "\(stage.stack)-plain-\(stage.account)"
  }

  private func bucket(isVersioned: Bool = true, lifecycle: S3Bucket.Lifecycle? = .init()) -> [DesiredResource] {
    var desired = S3Bucket.Desired(
      name: name, account: stage.account, key: stage.key.output(\.arn), lifecycle: lifecycle,
      tags: stage.tags(S3Bucket.name, "plain"))
    desired.isVersioned = isVersioned
    return [stage.key.resource(), Node<S3Bucket>("plain", desired).resource()]
  }

  private func put(_ key: String) async throws {
    try await stage.edit("s3", "PutObject", ["Bucket": .string(name), "Key": .string(key)])
  }

  private var tags: [String: String] {
    get async throws {
      let listed = try await stage.edit("s3", "GetBucketTagging", ["Bucket": .string(name)])["TagSet"]?.array ?? []
      return Dictionary(
        listed.compactMap { tag in tag["Key"]?.string.map { ($0, tag["Value"]?.string ?? "") } }
      ) { first, _ in first }
    }
  }

  @Test("suspended versioning is taken up again")
  func versioning() async throws {
    try await stage.converge(bucket())
    try await stage.edit(
      "s3", "PutBucketVersioning", ["Bucket": .string(name), "VersioningConfiguration": ["Status": "Suspended"]])
    let repair = try await stage.converge(bucket())
    #expect(repair.updates == [Address(S3Bucket.name, "plain"): ["versioned"]], "\(repair.summary)")
    #expect(try await stage.plan(bucket()).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("a lifecycle that is no longer wanted goes")
  func noLifecycle() async throws {
    try await stage.converge(bucket())
    try await stage.converge(bucket(lifecycle: nil))
    #expect(try await stage.plan(bucket(lifecycle: nil)).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("what is not empty is kept unless its data is discarded, and taken back later")
  func kept() async throws {
    try await stage.converge(bucket())
    try await put("decision.json")
    let live = try await stage.live(S3Bucket.name, "plain")
    let ending = try await stage.kind(S3Bucket.name)
      .delete(live, Deletion(finalSnapshot: "sample-final", wholeStack: true))
    #expect(ending == .kept(because: "it is not empty"))
    #expect(try await tags["harecon:kept"] == "data")
    #expect(try await stage.observe(S3Bucket.name, bucket()).isEmpty)
    let back = try await stage.converge(bucket())
    #expect(back.change(at: Address(S3Bucket.name, "plain"))?.action == .create)
    #expect(try await tags["harecon:kept"] == nil)
    #expect(try await stage.plan(bucket()).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("the key of what is kept is kept with it, and goes with the last of it")
  func keyOfKept() async throws {
    try await stage.converge(bucket())
    try await put("decision.json")
    let live = try await stage.live(S3Bucket.name, "plain")
    let key = try await stage.live(KMSKey.name)
    let keys = try stage.kind(KMSKey.name)
    // Also while the mark of what is kept does not show yet.
    #expect(
      try await keys.delete(key, Deletion(wholeStack: true))
        == .kept(because: "evidence that is kept is encrypted with it"))
    _ = try await stage.kind(S3Bucket.name).delete(live, Deletion(finalSnapshot: "sample-final", wholeStack: true))
    #expect(
      try await keys.delete(key, Deletion(wholeStack: true))
        == .kept(because: "evidence that is kept is encrypted with it"))
    let state = try await stage.edit("kms", "DescribeKey", ["KeyId": .string(key.id)])
    #expect(state["KeyMetadata"]?["KeyState"]?.string == "Enabled")
    try await stage.converge(bucket())
    #expect(try await stage.live(KMSKey.name).id == key.id)
    try await stage.destroy(bucket())
    let last = try await stage.edit("kms", "DescribeKey", ["KeyId": .string(key.id)])
    #expect(last["KeyMetadata"]?["KeyState"]?.string == "PendingDeletion")
    try await stage.expectNoViolations()
  }

  @Test("discarded, it is emptied of all versions and markers, page after page")
  func emptied() async throws {
    try await stage.converge(bucket())
    for key in ["a", "a", "b", "c"] { try await put(key) }
    try await stage.edit("s3", "DeleteObject", ["Bucket": .string(name), "Key": "b"])
    try await stage.control("settings", ["page": 2])
    try await stage.destroy(bucket())
    #expect(try await stage.resources().contains("s3/bucket \(name)") == false)
    let deletes = try await stage.calls().filter { $0.operation == "DeleteObjects" }
    #expect(deletes.count > 1, "several pages")
    try await stage.expectNoViolations()
  }

  @Test("what AWS does not let go of is kept with AWS's own words, for a missing right looks like a lock")
  func held() async throws {
    let locked = S3Bucket.Desired(
      name: name, account: stage.account, key: stage.key.output(\.arn), retention: .init("COMPLIANCE", days: 30),
      tags: stage.tags(S3Bucket.name, "plain"))
    let resources = [stage.key.resource(), Node<S3Bucket>("plain", locked).resource()]
    try await stage.converge(resources)
    // A lock takes nothing without its checksum, which is that of no bytes.
    try await stage.edit(
      "s3", "PutObject",
      ["Bucket": .string(name), "Key": "decision.json", "ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="])
    let live = try await stage.live(S3Bucket.name, "plain")
    let ending = try await stage.kind(S3Bucket.name).delete(live, Deletion(wholeStack: true))
    guard case .kept(let reason) = ending else {
      Issue.record("\(ending)")
      return
    }
    #expect(reason.contains("AWS says of \"decision.json\" \"Access Denied"), "\(reason)")
    #expect(try await tags["harecon:kept"] == "data")
    try await stage.expectNoViolations()
  }

  private func locked() -> [DesiredResource] {
    let desired = S3Bucket.Desired(
      name: name, account: stage.account, key: stage.key.output(\.arn), retention: .init("GOVERNANCE", days: 30),
      tags: stage.tags(S3Bucket.name, "plain"))
    return [stage.key.resource(), Node<S3Bucket>("plain", desired).resource()]
  }

  @Test("a bucket that is there is given a lock, whatever is in it, and keeps it")
  func lockedLater() async throws {
    try await stage.converge(bucket())
    try await put("decision.json")
    let address = Address(S3Bucket.name, "plain")
    let change = try await stage.converge(locked())
    #expect(change.updates == [address: ["locked", "retention"]], "\(change.summary)")
    #expect(try await stage.plan(locked()).plan.steps == [])
    do {
      let plan = try await stage.plan(bucket()).plan
      Issue.record("not refused: \(plan.summary)")
    } catch let stop as Stop {
      #expect(stop.exitCode == .refused)
      #expect(stop.diagnostics.all.contains { ($0.hint ?? $0.message).contains("a lock never goes") })
    }
    try await stage.expectNoViolations()
  }

  @Test("a bucket that was kept without a lock is taken back with the one that the spec wants")
  func keptAndLocked() async throws {
    try await stage.converge(bucket())
    try await put("decision.json")
    let live = try await stage.live(S3Bucket.name, "plain")
    _ = try await stage.kind(S3Bucket.name).delete(live, Deletion(finalSnapshot: "sample-final", wholeStack: true))
    try await stage.converge(locked())
    #expect(try await stage.plan(locked()).plan.steps == [])
    let lock = try await stage.edit("s3", "GetObjectLockConfiguration", ["Bucket": .string(name)])
    #expect(lock["ObjectLockConfiguration"]?["Rule"]?["DefaultRetention"]?["Days"] == 30)
    try await stage.expectNoViolations()
  }

  @Test("outside destroy it is not deleted")
  func stays() async throws {
    try await stage.converge(bucket())
    let live = try await stage.live(S3Bucket.name, "plain")
    let kind = try stage.kind(S3Bucket.name)
    await #expect(throws: CallError.self) { _ = try await kind.delete(live, Deletion()) }
    try await stage.expectNoViolations()
  }

  @Test("a bucket that others keep closed is no matter of the stack's, however it is called")
  func closed() async throws {
    try await stage.edit("s3", "CreateBucket", ["Bucket": .string("\(stage.stack)-vault-\(stage.account)")])
    try await stage.control(
      "faults",
      [["service": "s3", "operation": "GetBucketTagging", "kind": "denied", "times": 9, "code": "AccessDenied"]])
    let seen = try await stage.kind(S3Bucket.name).observe(Lookup(stack: stage.stack, desired: []))
    #expect(seen.isEmpty)
    #expect(try await stage.calls().contains { $0.operation == "GetBucketTagging" && $0.fault == "denied" })
  }

  @Test("tags that may not be read are a missing right and no other account's", arguments: [false, true])
  func denied(isThere: Bool) async throws {
    if isThere { try await stage.converge(bucket()) }
    try await stage.control(
      "faults",
      [["service": "s3", "operation": "GetBucketTagging", "kind": "denied", "times": 9, "code": "AccessDenied"]])
    do {
      let plan = try await stage.plan(bucket()).plan
      Issue.record("not told: \(plan.summary)")
    } catch let stop as Stop {
      #expect(stop.exitCode == .denied)
      #expect(stop.diagnostics.all.contains { $0.message.contains("s3 GetBucketTagging") }, "\(stop)")
    }
  }

  @Test("a name that another account has is refused")
  func foreign() async throws {
    let other = try await Stage()
    try await other.edit("s3", "CreateBucket", ["Bucket": .string(name)])
    let start = try await stage.now()
    do {
      let plan = try await stage.plan(bucket()).plan
      Issue.record("not refused: \(plan.summary)")
    } catch let stop as Stop {
      #expect(stop.exitCode == .ownership)
    }
    #expect(try await stage.calls(since: start).filter(\.isWrite).map(\.description) == [])
    try await other.edit("s3", "DeleteBucket", ["Bucket": .string(name)])
    try await stage.expectNoViolations()
  }

  @Test("a bucket of that name in another region is told, with the way out")
  func elsewhere() async throws {
    let make: JSON = [
      "Bucket": .string(name), "CreateBucketConfiguration": ["LocationConstraint": "eu-west-1"],
    ]
    try await stage.control(
      "edit", ["service": "s3", "operation": "CreateBucket", "params": make, "region": "eu-west-1"])
    do {
      let plan = try await stage.plan(bucket()).plan
      Issue.record("not refused: \(plan.summary)")
    } catch let stop as Stop {
      let text = stop.diagnostics.all.map(\.message).joined(separator: "\n")
      #expect(text.contains("not in \"us-east-1\""), "\(text)")
    }
    try await stage.expectNoViolations()
  }
}
