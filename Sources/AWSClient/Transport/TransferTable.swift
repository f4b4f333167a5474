// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// The transfers under way; lives on the loop's thread.
struct TransferTable {
  private let multi: UnsafeMutableRawPointer
  private let share: SharedCaches
  private let settings: TransportSettings
  private var byHandle: [UnsafeMutableRawPointer: Transfer] = [:]
  /// Hosts that have answered over HTTP/2: worth waiting for their connection rather than opening another.
  private var multiplexingHosts: Set<String> = []

  init(multi: UnsafeMutableRawPointer, share: SharedCaches, settings: TransportSettings) {
    self.multi = multi
    self.share = share
    self.settings = settings
  }

  mutating func start(_ exchange: Exchange) {
    guard !exchange.isCancelled else {
      exchange.settle(.failure(.cancelled(.notSent)))
      return
    }
    let isMultiplexing = multiplexingHosts.contains(exchange.request.host)
    guard let transfer = Transfer(exchange, settings, share, waitsForConnection: isMultiplexing),
      curl_multi_add_handle(multi, transfer.handle) == CURLM_OK
    else {
      exchange.settle(.failure(TransportError(.refused, .notSent, "libcurl takes no further transfer")))
      return
    }
    byHandle[transfer.handle] = transfer
  }

  mutating func cancel(_ exchange: Exchange) {
    guard let transfer = byHandle.values.first(where: { $0.exchange === exchange }) else { return }
    abandon(transfer)
  }

  mutating func cancelAll() {
    for transfer in Array(byHandle.values) { abandon(transfer) }
  }

  /// Settles every transfer that libcurl has finished.
  mutating func collect() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let transfer = byHandle.removeValue(forKey: handle)
      else { continue }
      let outcome = transfer.outcome(harecon_curl_message_result(message))
      if transfer.usedHTTP2 { multiplexingHosts.insert(transfer.exchange.request.host) }
      curl_multi_remove_handle(multi, handle)
      transfer.exchange.settle(outcome)
    }
  }

  private mutating func abandon(_ transfer: Transfer) {
    byHandle[transfer.handle] = nil
    let progress = transfer.progress
    curl_multi_remove_handle(multi, transfer.handle)
    transfer.exchange.settle(.failure(.cancelled(progress)))
  }
}
