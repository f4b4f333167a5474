// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit

/// The line at the end of a dashboard that says who keeps it.
///
/// It tells people that what they change in the console is undone, and it proves ownership where CloudWatch gives no
/// tags of dashboards, which once could not carry any. It names the dashboard: what people save under another name is
/// theirs.
struct DashboardMark: Sendable, Hashable {
  let stack: String
  let id: String?
  let dashboard: String
  /// The region of the stack: dashboards belong to none.
  let region: String?

  private static let words = "Kept by harecon, which undoes what is changed here:"

  /// nil where the tags name no stack.
  init?(_ tags: [String: String], on dashboard: String) {
    guard let stack = tags[OwnerTag.stack] else { return nil }
    self.stack = stack
    id = tags[OwnerTag.id]
    region = tags[OwnerTag.region]
    self.dashboard = dashboard
  }

  /// The mark in a body; nil where there is none.
  init?(in body: JSON) {
    let texts = (body["widgets"]?.array ?? []).compactMap { widget in
      widget["type"]?.string == "text" ? widget["properties"]?["markdown"]?.string : nil
    }
    guard let text = texts.first(where: { $0.hasPrefix(Self.words) }) else { return nil }
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    // words, stack, words, dashboard, and then words, id, and then words, region, nothing
    guard parts.count >= 5 else { return nil }
    stack = String(parts[1])
    dashboard = String(parts[3])
    id = parts.count >= 7 ? String(parts[5]) : nil
    region = parts.count >= 9 ? String(parts[7]) : nil
  }

  /// - Parameter region: that of the client that asks; the stack of that name in another one is another stack.
  func owner(in region: String) -> Owner {
    var tags = [OwnerTag.stack: stack]
    tags[OwnerTag.id] = id
    tags[OwnerTag.region] = self.region
    return OwnerTag.owner(tags, in: region)
  }

  /// Where there is room: below everything else.
  var widget: JSONDocument {
    let resource = id.map { id in ", resource `\(id)`" + (region.map { ", region `\($0)`" } ?? "") } ?? ""
    return [
      "type": "text", "width": 24, "height": 1,
      "properties": ["markdown": .text("\(Self.words) stack `\(stack)`, dashboard `\(dashboard)`\(resource)")],
    ]
  }
}
