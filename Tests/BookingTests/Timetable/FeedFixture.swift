import Booking
import Foundation
import Support

/// Makes feeds for tests, with the warts that real ones have.
enum FeedFixture {
    /// A sound little feed: one route with two trips a day, one of them after midnight.
    static let sound = [
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nA,Town,https://town.test,Asia/Kolkata\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\na,Alpha,12.9,77.5\nb,Beta,12.8,77.6\nc,Gamma,12.7,77.7\n",
        "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\nR,A,1,Main Line,3\n",
        "calendar.txt": """
        service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
        D,1,1,1,1,1,1,1,20261101,20271031

        """,
        "trips.txt": "route_id,service_id,trip_id,trip_headsign,direction_id\nR,D,day,Gamma,0\nR,D,night,Alpha,1\n",
        "stop_times.txt": """
        trip_id,arrival_time,departure_time,stop_id,stop_sequence
        day,8:00:00,8:00:00,a,1
        day,8:10:00,8:11:00,b,2
        day,8:20:00,8:20:00,c,3
        night,24:30:00,24:30:00,c,1
        night,24:50:00,24:50:00,a,2

        """,
    ]

    /// The sound feed with some files in place of its own; nil takes one away.
    static func feed(_ changes: [String: String?] = [:]) throws -> GTFSFeed {
        try GTFSFeed.read(files(changes))
    }

    static func files(_ changes: [String: String?] = [:]) -> FeedFiles {
        var contents = sound
        for (name, text) in changes { contents[name] = text }
        return FeedFiles(source: "fixture", contents: contents.mapValues { Array($0.utf8) })
    }

    static func write(_ contents: [String: String], to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in contents { try Data(text.utf8).write(to: folder.appending(path: name)) }
    }

    /// Like the campus feed that people know: bare carriage returns, no line end at the end, a calendar that is over and
    /// has each service twice, a header without rows, a time that runs backwards, a stop and services that nobody uses.
    static let campus = [
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone,agency_phone\r"
            + "C,\"Campus\",\"http://campus.test\",\"America/New_York\",555-1000",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\runion,Union,42.73,-73.67\rbeman,Beman Lane,42.74,-73.66\r"
            + "9th_sage,9th and Sage,42.72,-73.68\rwest,West Hall,42.71,-73.69\rmoes,15th and College,42.70,-73.70",
        "routes.txt": "route_id,route_short_name,route_long_name,route_desc,route_type\r"
            + "1,west,West Route,\"It has an indicator labeled \"\"WEST\"\", in front.\",3",
        "calendar.txt": "service_id,start_date,end_date,monday,tuesday,wednesday,thursday,friday,saturday,sunday\r"
            + "W-WE,20120827,20121219,0,0,0,0,0,1,1\rW-WD,20120827,20121219,1,1,1,1,1,0,0\r"
            + "W-WE,20130119,20130517,0,0,0,0,0,1,1\rW-WD,20130119,20130517,1,1,1,1,1,0,0",
        "calendar_dates.txt": "service_id,date,exception_type",
        "feed_info.txt": "feed_publisher_name\rCampus",
        "shapes.txt": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\r1,42.7,-73.6,0",
        "trips.txt": "route_id,service_id,trip_id,block_id,shape_id,wheelchair_accessible\r"
            + "1,W-WE,W-WE-1,1,1,1\r1,W-WE,W-WE-2,1,1,1",
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\r"
            + "W-WE-1,9:30:00,9:30:00,union,1\rW-WE-1,9:37:00,9:37:00,west,2\rW-WE-1,9:42:00,9:42:00,moes,3\r"
            + "W-WE-2,16:00:00,16:00:00,union,4\rW-WE-2,16:07:00,16:07:00,9th_sage,5\rW-WE-2,16:02:00,16:02:00,west,6\r"
            + "W-WE-2,16:14:00,16:14:00,moes,7\rW-WE-2,16:20:00,16:20:00,union,8",
    ]
}
