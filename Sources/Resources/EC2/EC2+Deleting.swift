// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: ec2 DescribeNetworkInterfaces

/// Makes a delete call: a `DependencyViolation` is told with what stands in the way.
///
/// AWS's own message names nothing. Functions and endpoints leave their network interfaces behind for up to 40 minutes, so
/// that the engine repeats the delete for long; this message is what a person sees meanwhile.
///
/// - Parameters:
///   - filter: the filter of `DescribeNetworkInterfaces` that finds the interfaces inside: `group-id`, `subnet-id`, `vpc-id`.
///   - others: what else may stand in the way, asked for only when something does.
func deleting(
  _ id: String, heldBy filter: String, _ aws: AWS,
  others: () async throws(CallError) -> [String] = { () async throws(CallError) -> [String] in [] },
  call: () async throws(CallError) -> Void
) async throws(CallError) {
  do throws(CallError) {
    try await call()
  } catch let error where error.code == "DependencyViolation" {
    var told = error
    // The refusal is the news; when the look at who holds it fails too, the plain refusal is still true.
    let interfaces = try? await aws.all(
      EC2.describeNetworkInterfaces, .init(filters: [EC2.Filter(name: filter, values: [id])]), \.networkInterfaces)
    let holders = (interfaces ?? []).map(\.holder) + ((try? await others()) ?? [])
    told.message = holders.isEmpty ? error.message : "\"\(id)\" is held by \(enumerated(holders))"
    throw told
  }
}

extension EC2.NetworkInterface {
  /// `eni-0abc "AWS Lambda VPC ENI-probe" (in-use)`.
  fileprivate var holder: String {
    let what = description.map { " \"\($0)\"" } ?? ""
    return "\(networkInterfaceId ?? "an interface")\(what) (\(status ?? "unknown"))"
  }
}

/// The first three by name, the rest by number.
func enumerated(_ things: [String]) -> String {
  let shown = things.sorted().prefix(3)
  let rest = things.count - shown.count
  return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
}
