// SPDX-License-Identifier: Apache-2.0

package import Core

/// A client for all services of one account and region.
///
/// Copies share connections, credentials and limits.
package struct AWS: Sendable {
  package let region: String
  /// `aws`, `aws-us-gov`, `aws-cn`.
  package let partition: String
  private let caller: any OperationCaller

  package init(region: String, partition: String, caller: any OperationCaller) {
    self.region = region
    self.partition = partition
    self.caller = caller
  }

  /// Calls an operation: `try await aws(RDS.createDBCluster, .init(…))`.
  ///
  /// Repeats by itself what is safe to repeat; the error's category says what the caller may do next.
  package func callAsFunction<Input, Output>(
    _ operation: Operation<Input, Output>, _ input: Input
  ) async throws(CallError) -> Output {
    Output(fields: try await caller.call(operation.model, input.fields))
  }

  /// The items of all pages: `try await aws.all(EC2.describeVpcs, .init(), \.vpcs)`.
  package func all<Input, Output, Item>(
    _ operation: Operation<Input, Output>, _ input: Input, _ items: KeyPath<Output, [Item]?>
  ) async throws(CallError) -> [Item] {
    var found: [Item] = []
    var pages = PageSequence(operation.model, input.fields)
    while let request = pages.next {
      let page = try await caller.call(operation.model, request)
      found += Output(fields: page)[keyPath: items] ?? []
      try pages.received(page)
    }
    return found
  }
}
