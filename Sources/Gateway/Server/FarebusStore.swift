import Auth
import Booking
import CommandBus
import Mail
import Storage
import Wallet

/// What can be read, by all features together.
typealias FarebusSnapshot = SettingReads & TimetableReads & BookingReads & LedgerReads & AccountReads
/// What can be written, by all features together.
typealias FarebusTransaction =
    WorkRecords & SettingRecords & TimetableRecords & BookingRecords & LedgerRecords & AccountRecords & OutboxRecords

/// A store that can keep everything that the features ask for.
protocol FarebusStore: CommandStore where Snapshot: FarebusSnapshot & OutboxReads, Transaction: FarebusTransaction {}

extension SQLiteStore: FarebusStore {}
