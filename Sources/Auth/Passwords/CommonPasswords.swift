/// Passwords that are guessed first, as far as they are long enough to be chosen here at all.
enum CommonPasswords {
    /// Whether a password, in small letters, is one of them, or one with a few digits or signs at its end.
    static func contains(_ password: String) -> Bool {
        if words.contains(password) { return true }
        let stem = password.reversed().drop { !$0.isLetter }.reversed()
        let trailing = password.count - stem.count
        return trailing > 0 && trailing <= 6 && (words.contains(String(stem)) || stems.contains(String(stem)))
    }

    /// Short words to which people add digits until a form takes them.
    private static let stems = set(
        """
        password passwort passw0rd p@ssword p@ssw0rd pass admin administrator root user guest test tester testing demo
        welcome login letmein qwerty qwertz azerty asdf asdfgh zxcv zxcvbn abc abcd abcde abcdef monkey dragon master
        shadow sunshine princess football baseball superman batman michael jordan charlie daniel andrew thomas robert
        jessica ashley jennifer hunter killer summer winter spring autumn monday friday january february march april june
        july august september october november december india mumbai delhi cricket hello secret changeme access ninja
        computer internet samsung google facebook iloveyou lovely flower cookie orange banana freedom whatever trustno
        student college school university campus teacher driver ticket shuttle railway bus
        """
    )

    private static let words = set(
        """
        12345678 123456789 1234567890 12345678910 0123456789 0987654321 987654321 87654321 11111111 111111111 1111111111
        00000000 000000000 0000000000 22222222 33333333 44444444 55555555 66666666 77777777 88888888 99999999 12341234
        12344321 11223344 1122334455 112233445566 11112222 12121212 10101010 13131313 98765432 14725836 147258369
        123123123 123321123 123654789 789456123 741852963 159753456 456789123 135792468 1357924680 246813579 20202020
        31415926 314159265 19871987 19851985 19901990 20002000 123456abc 123456789a 123456789q 1234qwer 12345qwert
        123qweasd 123qweasdzxc 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 q1w2e3r4 q1w2e3r4t5 qazwsxedc
        qazwsx123 qweasdzxc qwe123123 qwer1234 qwerasdf qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyui
        qwertyuiop qwertzuiop azertyuiop asdfasdf asdf1234 asdfghjk asdfghjkl zxcvbnm1 zxcvbnm123 zxcvbnm, 1234asdf
        zaq12wsx zaq1zaq1 zaq1xsw2 zaq123wsx xsw21qaz !qaz2wsx 1234abcd abcd1234 abc12345 abc123456 abcdefgh abcdefg1
        abcdefghi abcdefghij a1b2c3d4 a1234567 a12345678 a123456789 aa123456 aa12345678 aaaaaaaa aaaaaa11 asd123456 asdasd123
        password password1 password12 password123 password1234 password12345 password123456 password! password@ password01
        passw0rd p@ssw0rd p@ssword pa$$word pa$$w0rd passpass passwords password2 password11 passwort passwort1 mypassword
        mypass123 newpassword oldpassword nopassword thepassword motdepasse contraseña contrasena wachtwoord lozinka parola12
        letmein1 letmein123 letmeinnow welcome1 welcome12 welcome123 welcome1234 welcome2024 welcome2025 welcome2026
        changeme changeme1 changeme123 changeit default1 defaultpassword temp1234 temppass temporary secret12 secret123
        topsecret administrator administrador admin123 admin1234 admin12345 adminadmin admin@123 root1234 rootroot
        toortoor superuser superadmin useruser user1234 username usuario1 guest123 guestguest test1234 testtest test12345
        testing1 testing123 test1test demo1234 demodemo access14 access123 trustno1 trustnoone iloveyou iloveyou1
        iloveyou2 iloveyou12 iloveyou! iloveyou123 iloveu123 ilovegod loveyou1 loveme123 lovelove mylove123 sunshine
        sunshine1 sunshine12 princess princess1 princess12 football football1 football12 baseball baseball1 basketball
        softball1 hockey12 soccer12 liverpool liverpool1 arsenal1 chelsea1 chelsea12 barcelona barcelona1 realmadrid
        juventus manchester manutd99 superman superman1 batman123 spiderman spiderman1 ironman1 starwars starwars1
        skywalker jediknight pokemon1 pokemon123 naruto123 dragonball minecraft minecraft1 fortnite1 roblox123 callofduty
        counterstrike playstation nintendo1 xbox360x warcraft starcraft michael1 michael12 jennifer jennifer1 jessica1
        jonathan jordan23 jordan123 charlie1 charlie123 danielle daniel123 andrew123 anthony1 matthew1 william1 victoria
        victoria1 elizabeth alexander alexander1 alexandra christian christopher christine nicholas nicole123 samantha
        samantha1 stephanie sebastian benjamin benjamin1 patricia veronica gabriel1 gabriela fernando francisco alejandro
        alejandra guillermo estrella mariposa tequiero teamomucho corazon1 princesa chocolate chocolate1 butterfly
        butterfly1 strawberry blueberry pineapple cinnamon pumpkin1 snowball snowflake sunflower rainbow1 rainbow123
        hello123 hellohello helloworld hello1234 goodluck goodmorning whatever whatever1 nothing1 blahblah blink182
        computer computer1 internet internet1 samsung1 samsung123 google123 facebook facebook1 facebook123 linkedin
        microsoft windows1 windows10 macintosh iphone123 android1 master123 masterkey monkey12 monkey123 dragon12 dragon123
        shadow12 shadow123 killer123 hunter12 hunter123 tigger12 ginger12 buster12 peanut12 pepper12 cookie123 cheese123
        mustang1 corvette mercedes ferrari1 porsche1 yamaha123 honda123 harley12 maverick midnight moonlight darkness
        darkside blackjack slipknot metallica nirvana1 greenday eminem123 scorpion scorpions phoenix1 panther1 wolverine
        mountain security security1 qwert123 einstein elephant dolphin1 crystal1 diamond1 treasure platinum freedom1
        freedom123 champion champion1 infinity passion1 paradise swordfish tinkerbell cleopatra napoleon1 spartacus
        firebird thunder1 lightning hurricane godzilla terminator predator undertaker wrestling stargate startrek
        enterprise matrix123 neo12345 gandalf1 hogwarts harrypotter voldemort jesus123 jesuschrist jesus1234 christ123
        blessed1 blessing heaven123 faith123 godisgood godislove bismillah bismillah1 krishna1 krishna123 ganesh123
        shivshiv hariom123 omnamahshivaya jaishriram saibaba1 waheguru india123 india1234 indian123 hindustan bharat123
        mumbai123 delhi123 bangalore hyderabad pakistan pakistan1 bangladesh srilanka sachin123 cricket1 cricket123
        bollywood shahrukh priyanka deepika1 australia australia1 newzealand scotland brazil123 argentina mexico123
        germany1 deutschland schalke04 bayern123 hallo123 hallo1234 schatz123 sommer123 frankreich azerty123
        bonjour1 doudou123 soleil123 marseille loulou123 chouchou camille1 qwaszx12 ytrewq12 poiuytrewq lkjhgfdsa
        mnbvcxz1 poiuytre 0p9o8i7u 1a2b3c4d 1a2s3d4f 1z2x3c4v z1x2c3v4 a1s2d3f4 q2w3e4r5 asd12345 qwe12345 zxc12345
        qwe123456 asdqwe123 qweqweqwe asdasdasd zxczxczx 1password 1234password 123password mustang12 summer12 summer123
        summer2024 summer2025 summer2026 winter12 winter123 winter2024 winter2025 winter2026 spring123 spring2026
        autumn2026 january1 february september september1 november december december1 saturday saturday1 thursday
        wednesday birthday birthday1 happy123 happyday happy1234 family123 familia1 mother123 father123 brother1 sister12
        daughter children baby1234 babygirl babygirl1 babyboy1 sweetheart sweetie1 sweetpea honey123 darling1 lovers12
        forever1 forever21 together angel123 angels12 angelina angelica beautiful beautiful1 gorgeous sexy1234
        badboy12 bigboss1 playboy1 gangster gangsta1 biteme12
        college1 college123 student1 student123 school123 university campus123 teacher1 library1 graduate hostel123
        shuttle1 shuttle123 busticket ticket123 railway1 railway123 driver123 conductor conductor1 passenger transport
        """
    )

    private static func set(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
