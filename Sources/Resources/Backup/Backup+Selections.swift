// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit

/// Deletes a plan for backups or for restore tests.
///
/// AWS Backup refuses to while the plan has selections, with the code of every bad request and only the message to tell
/// it from them: that is a conflict, which ends when the last selection is gone.
///
/// - Throws: as `delete` does.
func deletingAfterSelections<Answer: Sendable>(
  _ delete: () async throws(CallError) -> Answer
) async throws(CallError) {
  do throws(CallError) {
    _ = try await delete()
  } catch let error where error.code == "InvalidRequestException" && error.message.contains("selections") {
    var told = error
    told.category = .conflict
    throw told
  }
}
