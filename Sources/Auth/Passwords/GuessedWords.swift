/// Words that zxcvbn's own dictionary lacks and that are guessed here all the same.
enum GuessedWords {
    static let all = local + overlooked

    /// What riders of a campus in India choose before anything else. zxcvbn has the English Wikipedia, films and names of
    /// the United States: `jaishriram` would count as ten letters by chance there.
    private static let local = words(
        """
        krishna ganesh ganesha ganpati hanuman bajrang bajrangbali mahadev mahakal shiva shivaya omnamah
        omnamahshivaya radhe radha shri shree jai ram sita jaishriram jaishreeram mata jaimatadi hind
        jaihind bhim sai sairam omsairam saibaba satnam waheguru allah akbar allahuakbar bismillah inshallah
        mashallah alhamdulillah namaste namaskar vande mataram bharat hindustan bengaluru sachin tendulkar
        dhoni msdhoni virat kohli rohit shahrukh salman khan deepika priyanka bahubali baahubali rajnikanth
        dilwale zindagi pyaar mohabbat maa papa mummy campus hostel college student shuttle ticket busticket
        busstand busstop localtrain conductor
        """
    )

    /// The first 3,000 passwords of 8 characters or more in the list of Django 5.2, which was drawn from breaches, as far as
    /// zxcvbn takes them; then a few more of their kind.
    private static let overlooked = words(
        """
        1g2w3e4r zag12wsx q1w2e3r4t5y6 fqrg7cs493 j38ifubn fuk19600 29rsavoy 3rjs1la7qe vqsablpzla
        sojdlg123aljg diosesfiel pe#5gz29ptzmse a838hfid 4815162342 123hfjdk147 yagjecc826 iw14fi9j
        3odi15ngxb 421uiopy258 1v7upjw3nt uqa9ebw445 sz9kqcctwy d2xyw89sxj 3d8cubaj2e p3rat54797 fyfcnfcbz
        fktrcfylh polniypizdec0211 ig4abox4 mahalkita cjkysirj w5txn36alfw vkontakte n8zgt5p0shw= vrbgqns997
        dbrnjhbz qti7zxh18u megaparol12345 a1s2d3f4 rhbcnbyf g9l2d1fzpy diwtgm8492 anhyeuem yahoo.com
        1qa2ws3ed trfnthbyf telechargement x4ivyga51f 6hbf28w791 cdtnkfyf tnk0mk16vx h1xp2z2duk
        yfdbufnjh10305070 aobo2010 ka_djkhjsy6 fuku00198 evony192 sk84life sk8ordie ohmnamah23 y6p67ftrqj
        5hsu75kpot zxasqw12 ocpoook325 ghbdtnbr 1zn6fpn01x 1fr2rfq7xl g13916055158 1a2s3d4f alladin79
        1q2w3e4r5t6y7u8i9o0p myspace.co 5xfgs3ii9d polniypizdec110211 dkflbvbh rfnthbyf nks230kjs82
        webhompass zxcasdqwe d71lwz9zjs vaffanculo jumpman23 maprchem56458 dthjybrf vfrcbvrf 5532361cnjqrf
        qdujvyg5sxa eh1k9oh335 a1a2a3a4 uvgx8f8232 pk3x7w9w ji394su3 jesucristo univers2l ssyu1314
        3rjs1la2qe d9zufqd92n kikeunyw arschloch 6v21wbgad rhfcjnrf 168asd168 c43qpul5rz akax89wn 3rjs5la8qe
        z1x2c3v4 qarglr123 7ugd5hip2j jjcg16dj5k wachtwoord fktrcfylhf bkl29m2bk drjynfrnt 1q2w3e4r5t6y7u
        polniypizdec1102 nyq28giz1z 0r968ji9ufj6 fu7u4a#$$$ 92k2cizcdp komputer jundian2011xr yfdbufnjh63
        18atcskd2w mersedes viphv5j736 000webhost iw14fi9jxl ms0083jxj teiubesc cm6e7aumn9 dfktynbyf
        8ix6s1fceh pok29q6666 kakashka cfitymrf matematica ty2t1hv3oc cucciolo vfhufhbnf jakcgt333 kamasutra
        ttd955audg woaini1314 abrakadabra 1z2x3c4v rdfhnbhf home0401 yfcntymrf oluwaseun dkflbckfd
        souljaboy1 diosesamor cepetsugih a1s2d3f4g5 kleopatra yomomma1 zxcasdqwe123 gfhjkm123 fyutkbyf
        olayinka uhfybn8888 fgtkmcby estrellita techn9ne surside13 huhbbhzu78 ichliebedich 1qay2wsx 1a2a3a4a
        zacefron1 nokia5800 pazzword123 choupette kifj9n7bfu sagitario montgom2409 vfitymrf jg3h4hfn
        triskelion john!20130605at1753 1q2w3e4r5t6y7u8i w66yrybgra mrf11277215 crjhgbjy babygurl12
        u1v7hhh7ef 0192837465 a1a2a3a4a5 administrador usuario roblox xbox360 0p9o8i7u teamomucho
        """
    )

    private static func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
}
