// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

// aws: rds DescribeOrderableDBInstanceOptions DescribeDBEngineVersions

/// Can the engine's version be had, with the members' classes, in the members' zones?
///
/// Minor versions are retired: what was made with one goes on with it, and nothing new is made with it. A class is
/// offered by version and zone.
struct OrderableDatabase: AccountQuestion {
  struct Answer: Sendable, Hashable {
    /// The version that would be made: the wanted one, or the next later where the spec takes that.
    var version: String
    var options: [Option]
    /// The versions of the same major one that there are; asked only when the wanted one cannot be had.
    var versions: [String] = []
  }

  /// A way in which AWS makes instances.
  struct Option: Sendable, Hashable {
    var instanceClass: String
    /// `aurora`, `aurora-iopt1`; nil where AWS does not say.
    var storageType: String?
    var zones: Set<String>
    /// nil where AWS does not say.
    var dataAPI: Bool?
  }

  private let address: Address
  private let origin: SourceSpan?
  private let cluster: DBCluster.Desired
  private let members: [(resource: DesiredResource, desired: DBInstance.Desired)]

  init?(_ graph: Graph) {
    guard let cluster = graph.wishes(DBCluster.self).first else { return nil }
    (address, origin, self.cluster) = (cluster.resource.address, cluster.resource.origin, cluster.desired)
    members = graph.wishes(DBInstance.self)
  }

  var subject: String {
    "\(classes.joined(separator: ", ")) of version \"\(cluster.version.text)\" can be ordered in the members' zones"
  }

  private var classes: [String] { Set(members.map(\.desired.instanceClass)).sorted() }

  func matters(to plan: Plan) -> Bool {
    isFresh(in: plan) || !plan.made(DBInstance.name).isEmpty
      || !plan.changes(of: "instanceClass", DBInstance.name).isEmpty
  }

  /// Whether the cluster comes to have that version by the plan.
  private func isFresh(in plan: Plan) -> Bool {
    !plan.made(DBCluster.name).isEmpty || !plan.changes(of: "engineVersion", DBCluster.name).isEmpty
  }

  // MARK: Asking

  /// One call for each class; two more when the version cannot be had.
  func ask(_ aws: AWS) async throws(CallError) -> Answer {
    let wanted = cluster.version
    let options = try await options(of: wanted, aws)
    guard options.isEmpty else { return Answer(version: wanted.text, options: options) }
    let versions = try await aws.all(
      RDS.describeDBEngineVersions, .init(engine: DBCluster.engine, dbParameterGroupFamily: wanted.family),
      \.dbEngineVersions
    ).compactMap(\.engineVersion)
    let next = cluster.acceptsLater ? wanted.nextOffered(versions.compactMap(DBCluster.Version.init)) : nil
    guard let next, next != wanted else { return Answer(version: wanted.text, options: [], versions: versions) }
    return Answer(version: next.text, options: try await self.options(of: next, aws), versions: versions)
  }

  private func options(of version: DBCluster.Version, _ aws: AWS) async throws(CallError) -> [Option] {
    try await classes.concurrently { (name) async throws(CallError) in
      do throws(CallError) {
        let request = RDS.DescribeOrderableDBInstanceOptionsInput(
          engine: DBCluster.engine, engineVersion: version.text, dbInstanceClass: name, vpc: true)
        return try await aws.all(
          RDS.describeOrderableDBInstanceOptions, request, \.orderableDBInstanceOptions
        ).map(Option.init)
      } catch  where error.category == .invalid {
        // RDS does not know the version, or knows it no longer.
        return []
      }
    }.flatMap(\.self)
  }

  // MARK: Judging

  func judge(_ answer: Answer, _ prospect: Prospect) -> [Diagnostic] {
    let isFresh = isFresh(in: prospect.plan)
    let missing = classes.filter { name in !answer.options.contains { $0.instanceClass == name } }
    guard missing.isEmpty else {
      return [isFresh ? notOffered(missing, answer) : mayBeRefused(missing, answer)]
    }
    return laterVersion(answer, isFresh: isFresh) + storage(answer, prospect.plan)
      + prospect.plan.made(DBInstance.name).compactMap { zone(of: $0.address, answer, isFresh: isFresh) }
  }

  private func notOffered(_ classes: [String], _ answer: Answer) -> Diagnostic {
    let names = classes.map { "\"\($0)\"" }.joined(separator: ", ")
    guard answer.versions.isEmpty || answer.versions.contains(answer.version) else {
      return diagnostic(
        .error, "AWS does not offer version \"\(answer.version)\" of \(DBCluster.engine) here",
        hint: "write a version into cluster.version that it does: \(answer.versions.joined(separator: ", "))")
    }
    return diagnostic(
      .error, "AWS does not offer \(names) with version \"\(answer.version)\" of \(DBCluster.engine) here",
      hint: "write another version into cluster.version")
  }

  /// The live cluster's version may be another than the spec's by now, and AWS adds members to retired versions.
  private func mayBeRefused(_ classes: [String], _ answer: Answer) -> Diagnostic {
    diagnostic(
      .warning,
      "AWS no longer offers \(classes.joined(separator: ", ")) with version \"\(answer.version)\""
        + " and may refuse a new member",
      hint: "if it does, move the cluster to a later minor version first")
  }

  private func laterVersion(_ answer: Answer, isFresh: Bool) -> [Diagnostic] {
    guard isFresh, answer.version != cluster.version.text else { return [] }
    return [
      diagnostic(
        .note,
        "AWS no longer offers version \"\(cluster.version.text)\": the cluster gets \"\(answer.version)\"",
        hint: "cluster.version.atLeast allows it")
    ]
  }

  private func storage(_ answer: Answer, _ plan: Plan) -> [Diagnostic] {
    guard !plan.made(DBCluster.name).isEmpty else { return [] }
    var found: [Diagnostic] = []
    let types = Set(answer.options.compactMap(\.storageType))
    if !types.isEmpty, !types.contains(cluster.storageType) {
      found.append(
        diagnostic(
          .error,
          "AWS does not offer storage \"\(cluster.storageType)\" with version \"\(answer.version)\" here",
          hint: "it offers \(types.sorted().joined(separator: ", ")): change cluster.storage"))
    }
    if cluster.dataAPI, answer.options.allSatisfy({ $0.dataAPI == false }) {
      // The reference does not say of which engines the flag tells: not enough to refuse a stack.
      found.append(
        diagnostic(
          .warning, "AWS says that version \"\(answer.version)\" has no Data API here",
          hint: "switch cluster.dataAPI off if AWS refuses it, or take a later version"))
    }
    return found
  }

  private func zone(of member: Address, _ answer: Answer, isFresh: Bool) -> Diagnostic? {
    guard let (resource, desired) = members.first(where: { $0.resource.address == member }) else { return nil }
    let zones = answer.options.filter { $0.instanceClass == desired.instanceClass }
      .reduce(into: Set<String>()) { $0.formUnion($1.zones) }
    guard !zones.isEmpty, !zones.contains(desired.zone) else { return nil }
    return Diagnostic(
      isFresh ? .error : .warning, rule: "preflight.orderable",
      "AWS does not offer \"\(desired.instanceClass)\" with version \"\(answer.version)\" in \"\(desired.zone)\"",
      span: resource.origin, address: member,
      hint: "put the member into one of the zones that have it: \(zones.sorted().joined(separator: ", "))")
  }

  private func diagnostic(_ severity: Severity, _ message: String, hint: String) -> Diagnostic {
    Diagnostic(severity, rule: "preflight.orderable", message, span: origin, address: address, hint: hint)
  }
}

extension OrderableDatabase.Option {
  init(_ option: RDS.OrderableDBInstanceOption) {
    self.init(
      instanceClass: option.dbInstanceClass ?? "", storageType: option.storageType,
      zones: Set((option.availabilityZones ?? []).compactMap(\.name)), dataAPI: option.supportsHttpEndpoint)
  }
}
