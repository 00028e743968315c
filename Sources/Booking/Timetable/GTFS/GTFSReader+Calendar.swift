import CommandBus

extension GTFSReader {
    private static let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// Reads calendar.txt and calendar_dates.txt, at least one of which must be there.
    mutating func readCalendars() throws {
        if var table = table("calendar.txt", required: ["service_id", "start_date", "end_date"] + Self.days) {
            while let row = table.next(&log) { readPeriod(table, row) }
        }
        if var table = table("calendar_dates.txt", required: ["service_id", "date", "exception_type"]) {
            var seen: [ServiceID: [CivilDate: Int]] = [:]
            while let row = table.next(&log) { readException(table, row, &seen) }
        }
        guard !calendars.isEmpty else {
            throw FeedRefused("neither calendar.txt nor calendar_dates.txt says when anything runs", log)
        }
    }

    private mutating func readPeriod(_ table: GTFSTable, _ row: GTFSRow) {
        guard let raw = row["service_id"] else {
            refuse(table, row, "service_id is empty", "the row is left out")
            return
        }
        guard let first = date("start_date", table, row), let last = date("end_date", table, row) else { return }
        guard first <= last else {
            refuse(table, row, "end_date \(last) is before start_date \(first)", "the row is left out")
            return
        }
        var days: DaysOfWeek = []
        for (weekday, name) in Self.days.enumerated() {
            switch row[name] {
            case "1": days.insert(DaysOfWeek(weekday: weekday))
            case "0": break
            case let other:
                refuse(table, row, "\(name) \(quoted(other ?? "")) is neither 0 nor 1", "the row is left out")
                return
            }
        }
        let service = service(raw, table, row)
        if let earlier = calendarLines[service], earlier.line != row.line {
            let what = "service_id \(quoted(raw)) is there already, on line \(earlier.line), which GTFS does not allow"
            correct(table, row, what, "both periods are kept")
        }
        calendars[service]?.periods.append(ServicePeriod(first: first, last: last, days: days))
    }

    private mutating func readException(
        _ table: GTFSTable, _ row: GTFSRow, _ seen: inout [ServiceID: [CivilDate: Int]]
    ) {
        guard let raw = row["service_id"] else {
            refuse(table, row, "service_id is empty", "the row is left out")
            return
        }
        guard let date = date("date", table, row) else { return }
        let type = row["exception_type"] ?? ""
        guard type == "1" || type == "2" else {
            refuse(table, row, "exception_type \(quoted(type)) is neither 1 nor 2", "the row is left out")
            return
        }
        let service = service(raw, table, row)
        if let line = seen[service]?[date] {
            refuse(table, row, "\(quoted(raw)) has an exception on \(date) already, on line \(line)", "the row is left out")
            return
        }
        seen[service, default: [:]][date] = row.line
        if type == "1" {
            calendars[service]?.added.insert(date)
        } else {
            calendars[service]?.removed.insert(date)
        }
    }

    /// The calendar of that name, made where it is named for the first time.
    private mutating func service(_ raw: String, _ table: GTFSTable, _ row: GTFSRow) -> ServiceID {
        if let known = serviceIDs[raw] { return known }
        let id = identifier(raw, "service_id", table, row, taken: [:]) ?? FeedIdentifier.map(raw, ServiceKind.self)
        serviceIDs[raw] = id
        calendars[id] = ServiceCalendar()
        calendarLines[id] = (table.file, row.line)
        return id
    }

    private mutating func date(_ column: String, _ table: GTFSTable, _ row: GTFSRow) -> CivilDate? {
        let text = row[column] ?? ""
        guard let date = CivilDate(compact: text) else {
            refuse(table, row, "\(column) \(quoted(text)) is not a date like 20261124", "the row is left out")
            return nil
        }
        return date
    }
}
