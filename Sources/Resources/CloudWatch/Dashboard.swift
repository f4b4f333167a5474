// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
package import AWSClient
package import Core
package import ResourceKit

// aws: cloudwatch ListDashboards GetDashboard PutDashboard DeleteDashboards

/// A dashboard, compared as JSON: CloudWatch gives its body back as it writes it.
///
/// An update replaces the whole body. Dashboards belong to the account and to no region: those of stacks of one name in
/// two regions need names of their own. The last widget says who keeps the dashboard; where CloudWatch gives no tags of
/// dashboards it alone proves whose it is, and tags are neither compared nor set.
///
/// What CloudWatch has to say about a body that it takes is an error here: such a widget shows nothing.
package enum Dashboard: ResourceKind {
  package static let name: KindName = "cloudwatch/dashboard"
  package static let identity: Identity = .name
  package static let isGlobal = true

  package struct Desired: Sendable {
    package var name: String
    package var body: JSONDocument
    package var tags: [String: String]

    /// - Parameters:
    ///   - name: of letters, digits, `-` and `_`.
    ///   - widgets: in a grid 24 wide; one that says who keeps the dashboard is put below.
    ///   - start: how far back to show, `-PT3H`; without it the console's default.
    ///   - tags: those of the owner among them.
    package init(name: String, widgets: [JSONDocument], start: String? = nil, tags: [String: String]) {
      let mark = DashboardMark(tags, on: name).map { [$0.widget] } ?? []
      let all = JSONDocument.list(widgets + mark)
      self.name = name
      body = start.map { ["widgets": all, "start": .text($0)] } ?? ["widgets": all]
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var body: JSONDocument
    /// As desired where CloudWatch gives none of dashboards.
    package var tags: [String: String]
    let owner: Owner
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("body", \.body, \.body, equality: .document),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let prefixes =
      query.focusName.map { [$0] }
      ?? [query.stack] + query.desired.map(\.name).filter { !$0.hasPrefix(query.stack) }.sorted()
    let listed = try await prefixes.concurrently { (prefix) async throws(CallError) in
      try await aws.all(CloudWatch.listDashboards, .init(dashboardNamePrefix: prefix), \.dashboardEntries)
    }
    let arns = Dictionary(
      listed.joined().compactMap { entry in
        entry.dashboardName.flatMap { name in entry.dashboardArn.map { (name, $0) } }
      }
    ) { first, _ in first }
    let mayBeOurs = arns.filter { name, _ in query.focusName.map { $0 == name } ?? query.mayOwn(name) }
    return try await mayBeOurs.sorted { $0.key < $1.key }.concurrently { (name, arn) async throws(CallError) in
      try await observed(name, arn, wanted: query.desired.first { $0.name == name }, aws)
    }.compactMap(\.self)
  }

  private static func observed(
    _ name: String, _ arn: String, wanted: Desired?, _ aws: AWS
  ) async throws(CallError) -> Observed? {
    let (found, tags) = try await both(
      { () async throws(CallError) in
        try await ifThere { () async throws(CallError) in
          try await aws(CloudWatch.getDashboard, .init(dashboardName: name))
        }
      },
      { () async throws(CallError) in try await liveTags(of: arn, aws) })
    guard let text = found?.dashboardBody else { return nil }
    let mark = (try? JSON(parsing: text)).flatMap(DashboardMark.init(in:))
    let proof = mark?.dashboard == name ? mark?.owner(in: aws.region) : nil
    let tagged = tags.map { OwnerTag.owner($0, in: aws.region) } ?? .nobody
    return Observed(
      name: name, arn: arn, body: JSONDocument(text: text), tags: tags ?? wanted?.tags ?? [:],
      owner: tagged == .nobody ? proof ?? .nobody : tagged)
  }

  /// nil where CloudWatch knows no tags of dashboards. One that is gone has none.
  private static func liveTags(of arn: String, _ aws: AWS) async throws(CallError) -> [String: String]? {
    do throws(CallError) {
      return try await CloudWatch.tags(of: arn, aws) ?? [:]
    } catch let error where error.code.hasPrefix("InvalidParameter") {
      return nil
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await put(desired, tags: CloudWatch.tags(desired.tags), aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) {
      try await CloudWatch.retag(observed.arn, observed.tags, to: desired.tags, aws)
    }
    if changes.contains(\.body) { try await put(desired, tags: nil, aws) }
  }

  private static func put(_ desired: Desired, tags: [CloudWatch.Tag]?, _ aws: AWS) async throws(CallError) {
    let answer = try await aws(
      CloudWatch.putDashboard,
      .init(dashboardName: desired.name, dashboardBody: try desired.body.now(), tags: tags))
    let complaints = (answer.dashboardValidationMessages ?? []).map { complaint in
      "\(complaint.dataPath ?? "/"): \(complaint.message ?? "")"
    }
    guard complaints.isEmpty else {
      throw CallError(
        .invalid, code: "DashboardValidationMessages",
        message: "CloudWatch took the dashboard \"\(desired.name)\" and will not show all of it: "
          + complaints.joined(separator: "; "),
        operation: "cloudwatch PutDashboard")
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(CloudWatch.deleteDashboards, .init(dashboardNames: [observed.name]))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: observed.owner)
  }
}
