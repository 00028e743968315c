extension QRCode {
    /// The light margin that a reader needs on each side, in modules (ISO/IEC 18004, section 6.3.8).
    package static let quietZone = 4

    /// A picture of the code as an SVG document of its own: a light square, and one path of the dark modules.
    ///
    /// It has a view box and no size, so that whoever shows it says how large it is; a module is one unit. It refers to
    /// nothing outside and holds no script, and nothing of the content but the modules.
    package var svg: String {
        let side = size + 2 * Self.quietZone
        var path = ""
        for row in 0..<size {
            for run in darkRuns(row: row) {
                path += "M\(run.lowerBound + Self.quietZone) \(row + Self.quietZone)h\(run.count)v1h-\(run.count)z"
            }
        }
        // Crisp edges: an edge that is blurred over two pixels of the screen costs the reader contrast.
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)" shape-rendering="crispEdges">\
            <path fill="#fff" d="M0 0h\(side)v\(side)H0z"/><path fill="#000" d="\(path)"/></svg>
            """
    }
}
