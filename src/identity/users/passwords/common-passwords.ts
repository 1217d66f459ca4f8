/**
 * Passwords that a guesser tries first, in lower case and without spaces: keyboard walks, rows of digits, English and
 * Indonesian words, names, places and prayers, and what people put behind them. Written for this service out of such
 * patterns; no list of leaked passwords was copied.
 */
const LIST = `
0000 00000 000000 0000000 00000000 000000000 0000000000 00000000000 000000000000 0000000000000 00000000000000
000000000000000 0000000000000000 0101 010101 01010101 01011990 01012000 01061945 012 0123 01234 012345 0123456
01234567 012345678 0123456789 01234567890 012345678901 0123456789012 01234567890123 012345678901234 0123456789012345
01234567890123456 012345678901234567 0123456789012345678 01234567890123456789 08123456789 081234567890 0987 09870987
098709870987 0987098709870987 098765 0987654321 1010 101010 10101010 10111945 102030 10203040 1029384756 1111 11111
111111 1111111 11111111 111111111 1111111111 11111111111 111111111111 1111111111111 11111111111111 111111111111111
1111111111111111 111222 111222333 1122 11221122 112211221122 1122112211221122 112233 11223344 1212 121212 12121212
121212121212 1212121212121212 123 123123 123123123 123123123123 123321 1234 12341234 123412341234 1234123412341234
12344321 12345 123456 1234567 12345678 123456789 1234567890 12345678901 123456789012 1234567890123 12345678901234
123456789012345 1234567890123456 12345678901234567 123456789012345678 1234567890123456789 12345678901234567890
1234567890abcdef 1234567890qwertyuiop 123654 123abc 123asd 123qwe 123qweasd 123qweasdzxc 12qwaszx 1313 131313 13131313
1314520 1357 13571357 135713571357 1357135713571357 143143 14344 147147 147258 147258369 159159 159357 159753 17081945
170845 17845 17agustus 17agustus1945 1960 1961 1962 1963 1964 1965 1966 1967 1968 1969 1970 1971 1972 1973 1974 1975
1976 1977 1978 1979 1980 1981 1982 1983 1984 1985 1986 1987 1988 1989 1990 1991 1992 1993 1994 1995 1996 1997 1998
1999 1a2b3c 1a2s3d 1nd0n3s14 1ndonesia 1q2w3e 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o0p 1qaz2wsx
1qaz2wsx3edc4rfv 1qaz2wsx3edc4rfv5tgb 1qazxsw2 2000 2001 2002 2003 2004 2005 20051908 2006 2007 2008 2009 2010 2011
2012 2013 2014 2015 2016 2017 2018 2019 2020 2021 2022 2023 2024 2025 2026 2121 212121 21212121 2222 22222 222222
2222222 22222222 222222222 2222222222 22222222222 222222222222 2222222222222 22222222222222 222222222222222
2222222222222222 232323 2468 24682468 246824682468 2468246824682468 252525 2580 25802580 258025802580 2580258025802580
258369 28101928 31121999 321 321321 321321321 321321321321 3333 33333 333333 3333333 33333333 333333333 3333333333
33333333333 333333333333 3333333333333 33333333333333 333333333333333 3333333333333333 4444 44444 444444 4444444
44444444 444444444 4444444444 44444444444 444444444444 4444444444444 44444444444444 444444444444444 4444444444444444
456123 456789 4dm1n 5201314 520520 5555 55555 555555 5555555 55555555 555555555 5555555555 55555555555 555555555555
5555555555555 55555555555555 555555555555555 5555555555555555 555666 628123456789 654321 666 6666 66666 666666 6666666
66666666 666666666 6666666666 66666666666 666666666666 6666666666666 66666666666666 666666666666666 6666666666666666
6969 696969 69696969 741852 777 7777 77777 777777 7777777 77777777 777777777 7777777777 77777777777 777777777777
7777777777777 77777777777777 777777777777777 7777777777777777 789456 789456123 888 8888 88888 888888 8888888 88888888
888888888 8888888888 88888888888 888888888888 8888888888888 88888888888888 888888888888888 8888888888888888 963852741
987 987456321 9876 98765 987654 9876543 98765432 987654321 9876543210 98765432109 987654321098 9876543210987
98765432109876 987654321098765 9876543210987654 98765432109876543 987654321098765432 9876543210987654321
98765432109876543210 9999 99999 999999 9999999 99999999 999999999 9999999999 99999999999 999999999999 9999999999999
99999999999999 999999999999999 9999999999999999 a1b2c3 a1b2c3d4 abc abc! abc007 abc01 abc1 abc11 abc12 abc123 abc1234
abc12345 abc123456 abc123abc123abc123 abc1945 abc2020 abc2021 abc2022 abc2023 abc2024 abc2025 abc2026 abc21 abc321
abc77 abc88 abc99 abc@123 abcd1234abcd1234 abcdef abcdefg abcdefgh abcdefgh12345678 abcdefghijklmno abcdefghijklmnop
abcdefghijklmnopqrstuvwxyz abdul abepura abracadabra access aceh achmad adam adik adit aditya adm1n admin admin!
admin007 admin01 admin1 admin11 admin12 admin123 admin1234 admin12345 admin123456 admin1945 admin2020 admin2021
admin2022 admin2023 admin2024 admin2025 admin2026 admin21 admin321 admin77 admin88 admin99 admin@123 adminadmin
adminadminadmin administrator administrator! administrator007 administrator01 administrator1 administrator11
administrator12 administrator123 administrator1234 administrator12345 administrator123456 administrator1945
administrator2020 administrator2021 administrator2022 administrator2023 administrator2024 administrator2025
administrator2026 administrator21 administrator321 administrator77 administrator88 administrator99 administrator@123
administratoradministrator adminsikeskoja agus agus! agus007 agus01 agus1 agus11 agus12 agus123 agus1234 agus12345
agus123456 agus1945 agus2020 agus2021 agus2022 agus2023 agus2024 agus2025 agus2026 agus21 agus321 agus77 agus88 agus99
agus@123 agustinus agustus ahmad aisyah aku akucantik akucintakamu akucintakamuselamanya akuganteng akukamu
akusayangibu akusayangibubapak akusayangkamu akusayangkamuselamanya akusayangmama akusiapa alay alhamdulillah
alhamdulillah! alhamdulillah007 alhamdulillah01 alhamdulillah1 alhamdulillah11 alhamdulillah12 alhamdulillah123
alhamdulillah1234 alhamdulillah12345 alhamdulillah123456 alhamdulillah1945 alhamdulillah2020 alhamdulillah2021
alhamdulillah2022 alhamdulillah2023 alhamdulillah2024 alhamdulillah2025 alhamdulillah2026 alhamdulillah21
alhamdulillah321 alhamdulillah77 alhamdulillah88 alhamdulillah99 alhamdulillah@123 alhamdulillahirabbilalamin allah
allahuakbar amanda ambon amelia amen america amin anak anakku andi andi! andi007 andi01 andi1 andi11 andi12 andi123
andi1234 andi12345 andi123456 andi1945 andi2020 andi2021 andi2022 andi2023 andi2024 andi2025 andi2026 andi21 andi321
andi77 andi88 andi99 andi@123 andrew android angel angels anggrek anisa anjing annisa anthony apaaja apasaja apaya
apel apotek apple apple123 april arema arema! arema007 arema01 arema1 arema11 arema12 arema123 arema1234 arema12345
arema123456 arema1945 arema2020 arema2021 arema2022 arema2023 arema2024 arema2025 arema2026 arema21 arema321 arema77
arema88 arema99 arema@123 aremania arief arif arjuna arsenal asd asd123 asdasd asdf asdf! asdf007 asdf01 asdf1 asdf11
asdf12 asdf123 asdf1234 asdf12345 asdf123456 asdf1945 asdf2020 asdf2021 asdf2022 asdf2023 asdf2024 asdf2025 asdf2026
asdf21 asdf321 asdf77 asdf88 asdf99 asdf@123 asdfg asdfgh asdfghj asdfghjk asdfghjkl ashley asik assalamualaikum
astagfirullah astrea august aulia australia autumn avanza avengers awan axis ayah ayahku ayam ayu baby babygirl
badminton bagong bahagia bailey bakso bali balikpapan bambang banana bandung bandung! bandung007 bandung01 bandung1
bandung11 bandung12 bandung123 bandung1234 bandung12345 bandung123456 bandung1945 bandung2020 bandung2021 bandung2022
bandung2023 bandung2024 bandung2025 bandung2026 bandung21 bandung321 bandung77 bandung88 bandung99 bandung@123 bangkok
banjarmasin bank bapak baper barcelona barokah baseball basket basketball batam batman bayu bca beat beautiful bebas
beckham bekasi belajar bengkulu berkah bestfriend bhinekatunggalika bhinneka bhinnekatunggalika biak bidan billion
bima bintang bintang! bintang007 bintang01 bintang1 bintang11 bintang12 bintang123 bintang1234 bintang12345
bintang123456 bintang1945 bintang2020 bintang2021 bintang2022 bintang2023 bintang2024 bintang2025 bintang2026
bintang21 bintang321 bintang77 bintang88 bintang99 bintang@123 bintangku biru bismillah bismillah! bismillah007
bismillah01 bismillah1 bismillah11 bismillah12 bismillah123 bismillah1234 bismillah12345 bismillah123456 bismillah1945
bismillah2020 bismillah2021 bismillah2022 bismillah2023 bismillah2024 bismillah2025 bismillah2026 bismillah21
bismillah321 bismillah77 bismillah88 bismillah99 bismillah@123 bismillahhirrohmanirrohim bismillahirrahmanirrahim
blessed blink182 bni bodoh bogor bola bolaindonesia bonek borneo bos bosku bri bromo brother btn buaya bucin budi
budi! budi007 budi01 budi1 budi11 budi12 budi123 budi1234 budi12345 budi123456 budi1945 budi2020 budi2021 budi2022
budi2023 budi2024 budi2025 budi2026 budi21 budi321 budi77 budi88 budi99 budi@123 bukapintu bulan bulutangkis bumi
bunda bundaku bupati burung business buster buster1 butterfly by.u c1nt4 camaro canada candy cantik cantik! cantik007
cantik01 cantik1 cantik11 cantik12 cantik123 cantik1234 cantik12345 cantik123456 cantik1945 cantik2020 cantik2021
cantik2022 cantik2023 cantik2024 cantik2025 cantik2026 cantik21 cantik321 cantik77 cantik88 cantik99 cantik@123 catur
cenderawasih changeme changemechangeme changemenow changemeplease changethispassword charlie cheese chelsea chocolate
christ cinta cinta! cinta007 cinta01 cinta1 cinta11 cinta12 cinta123 cinta1234 cinta12345 cinta123456 cinta1945
cinta2020 cinta2021 cinta2022 cinta2023 cinta2024 cinta2025 cinta2026 cinta21 cinta321 cinta77 cinta88 cinta99
cinta@123 cintakamu cintaku cintasejati cintaselamanya citra coffee coklat coklatmanis company computer computer!
computer007 computer01 computer1 computer11 computer12 computer123 computer1234 computer12345 computer123456
computer1945 computer2020 computer2021 computer2022 computer2023 computer2024 computer2025 computer2026 computer21
computer321 computer77 computer88 computer99 computer@123 cookie correcthorsebattery correcthorsebatterystaple
corvette counterstrike cowboys cracker crystal cutie daddy dana daniel david debora december dedi default
defaultpassword delapan demon deni denpasar depok desember devil dewi dewi! dewi007 dewi01 dewi1 dewi11 dewi12 dewi123
dewi1234 dewi12345 dewi123456 dewi1945 dewi2020 dewi2021 dewi2022 dewi2023 dewi2024 dewi2025 dewi2026 dewi21 dewi321
dewi77 dewi88 dewi99 dewi@123 diamond dimas dina dinas dinaskesehatan dinaskesehatan123 dini dinkes doa dokter dollar
dolphin donald doni dony doraemon dota dragon dragon! dragon007 dragon01 dragon1 dragon11 dragon12 dragon123
dragon1234 dragon12345 dragon123456 dragon1945 dragon2020 dragon2021 dragon2022 dragon2023 dragon2024 dragon2025
dragon2026 dragon21 dragon321 dragon77 dragon88 dragon99 dragon@123 dua duit duitku durian dwi eagle eko elang
elisabet elizabeth empat enam entah esteh ester examplepassword facebook fadli faisal faith fajar falcon family father
fatimah fdsa februari february ferrari finance fitri fitria flower football forever freedom freefire friday friend
friends futsal gajah gaktau galau galih gamer gaming gandalf ganteng ganteng! ganteng007 ganteng01 ganteng1 ganteng11
ganteng12 ganteng123 ganteng1234 ganteng12345 ganteng123456 ganteng1945 ganteng2020 ganteng2021 ganteng2022
ganteng2023 ganteng2024 ganteng2025 ganteng2026 ganteng21 ganteng321 ganteng77 ganteng88 ganteng99 ganteng@123 garam
gareng garfield garuda garuda! garuda007 garuda01 garuda1 garuda11 garuda12 garuda123 garuda1234 garuda12345
garuda123456 garuda1945 garuda2020 garuda2021 garuda2022 garuda2023 garuda2024 garuda2025 garuda2026 garuda21
garuda321 garuda77 garuda88 garuda99 garuda@123 garudadidadaku garudapancasila gatau gatotkaca george gereja ghost
gila gilang ginger gmail god godisgood gojek gokil golden golf goodbye google gopay gorengan gorontalo grab grace
green greenday gubernur gudeg guest gula gunawan gunung guru gusdur habibie hacker haleluya handphone handsome hannah
hape happy harimau harley hawa heaven hello hello! hello007 hello01 hello1 hello11 hello12 hello123 hello1234
hello12345 hello123456 hello1945 hello2020 hello2021 hello2022 hello2023 hello2024 hello2025 hello2026 hello21
hello321 hello77 hello88 hello99 hello@123 hellokitty helloworld hendra hendri hidayat hijau hijrah hitam hockey honda
honey hope hotmail hotspot hujan hunter ibadah ibrahim ibu ibubapakku ibuku ibupertiwi idulfitri ikan ilham iloveallah
ilovegod ilovejesus ilovemama iloveme ilovemom ilovemyfamily ilovemyself ilovepapa iloveu iloveyou iloveyou!
iloveyou007 iloveyou01 iloveyou1 iloveyou11 iloveyou12 iloveyou123 iloveyou1234 iloveyou12345 iloveyou123456
iloveyou1945 iloveyou2020 iloveyou2021 iloveyou2022 iloveyou2023 iloveyou2024 iloveyou2025 iloveyou2026 iloveyou21
iloveyou3000 iloveyou321 iloveyou77 iloveyou88 iloveyou99 iloveyou@123 iloveyouforever iloveyoumorethan iloveyousomuch
iluvyou imam imanuel immanuel indah indonesia indonesia! indonesia007 indonesia01 indonesia1 indonesia11 indonesia12
indonesia123 indonesia1234 indonesia12345 indonesia123456 indonesia17081945 indonesia1945 indonesia1945merdeka
indonesia2020 indonesia2021 indonesia2022 indonesia2023 indonesia2024 indonesia2025 indonesia2026 indonesia21
indonesia321 indonesia77 indonesia88 indonesia99 indonesia@123 indonesiaku indonesiamerdeka indonesiaraya
indonesiarayamerdeka indonesiatanahairku indosat inikatasandi inikatasandiku inipasswordku inipasswordsaya
inisandisaya innova instagram insyaallah intan intermilan internet internet! internet007 internet01 internet1
internet11 internet12 internet123 internet1234 internet12345 internet123456 internet1945 internet2020 internet2021
internet2022 internet2023 internet2024 internet2025 internet2026 internet21 internet321 internet77 internet88
internet99 internet@123 internetan iphone irfan ironman ishak islam ismail istri istriku iwan jagoan jagoanku jaguar
jakarta jakarta! jakarta007 jakarta01 jakarta1 jakarta11 jakarta12 jakarta123 jakarta1234 jakarta12345 jakarta123456
jakarta1945 jakarta2020 jakarta2021 jakarta2022 jakarta2023 jakarta2024 jakarta2025 jakarta2026 jakarta21 jakarta321
jakarta77 jakarta88 jakarta99 jakarta@123 jakmania jambi jangandibuka jangandihack jangandilihat jangankasihtau jannah
januari january java jawa jayapura jayapura! jayapura007 jayapura01 jayapura1 jayapura11 jayapura12 jayapura123
jayapura1234 jayapura12345 jayapura123456 jayapura1945 jayapura2020 jayapura2021 jayapura2022 jayapura2023
jayapura2024 jayapura2025 jayapura2026 jayapura21 jayapura321 jayapura77 jayapura88 jayapura99 jayapura@123
jayapurakotajayapura jennifer jeruk jessica jesus jogja jogjakarta joko jokowi jomblo jordan jordan23 joshua juara
juli july jumat june juni juragan justice juventus kakak kakek kalimantan kambing kamboja kamis kampus kamu kamuku
kamusiapa kangen kantor kantorku kartika karyawan karyawan! karyawan007 karyawan01 karyawan1 karyawan11 karyawan12
karyawan123 karyawan1234 karyawan12345 karyawan123456 karyawan1945 karyawan2020 karyawan2021 karyawan2022 karyawan2023
karyawan2024 karyawan2025 karyawan2026 karyawan21 karyawan321 karyawan77 karyawan88 karyawan99 karyawan@123 kasih
katakunci katasandi katasandi! katasandi007 katasandi01 katasandi1 katasandi11 katasandi12 katasandi123 katasandi1234
katasandi12345 katasandi123456 katasandi1945 katasandi2020 katasandi2021 katasandi2022 katasandi2023 katasandi2024
katasandi2025 katasandi2026 katasandi21 katasandi321 katasandi77 katasandi88 katasandi99 katasandi@123
katasandikatasandi katasandiku katasandisaya katasandisaya123 kawasaki kaya kayaraya kelinci keluarga keluarga!
keluarga007 keluarga01 keluarga1 keluarga11 keluarga12 keluarga123 keluarga1234 keluarga12345 keluarga123456
keluarga1945 keluarga2020 keluarga2021 keluarga2022 keluarga2023 keluarga2024 keluarga2025 keluarga2026 keluarga21
keluarga321 keluarga77 keluarga88 keluarga99 keluarga@123 keluargaku kendari keren kerja kerjakeras kerupuk kesehatan
khadijah killer king kobe kominfo komodo komputer kopi kopihitam kotajayapura kotajayapura123 krakatau krisna kristin
kristina kucing kucing! kucing007 kucing01 kucing1 kucing11 kucing12 kucing123 kucing1234 kucing12345 kucing123456
kucing1945 kucing2020 kucing2021 kucing2022 kucing2023 kucing2024 kucing2025 kucing2026 kucing21 kucing321 kucing77
kucing88 kucing99 kucing@123 kuda kue kuliah kunci kuning kuota kupang kurniawan l0v3 l0ve lailahaillallah lakers
lampung langit laptop lari laut lebaran lebay lestari letmein letmein! letmein007 letmein01 letmein1 letmein11
letmein12 letmein123 letmein1234 letmein12345 letmein123456 letmein1945 letmein2020 letmein2021 letmein2022
letmein2023 letmein2024 letmein2025 letmein2026 letmein21 letmein321 letmein77 letmein88 letmein99 letmein@123
letmeinletmein letmeinplease liberty lima lina linkaja linkinpark linux lion liverpool lkjhgfdsa login login! login007
login01 login1 login11 login12 login123 login1234 login12345 login123456 login1945 login2020 login2021 login2022
login2023 login2024 login2025 login2026 login21 login321 login77 login88 login99 login@123 lombok london love love!
love007 love01 love1 love11 love12 love123 love1234 love12345 love123456 love1945 love2020 love2021 love2022 love2023
love2024 love2025 love2026 love21 love321 love77 love88 love99 love@123 lovely loveme lover loveyou lucky lukas lupa
lupakatasandi lupalagi lupapassword lupapasswordlagi lupasandi macan madinah madura maggie magic mahasiswa makassar
malang malaysia maluku mama mamaku mamapapaku manado manager manchester mandiri mangga manis manokwari mantan mantap
march maret maria markus marta martha master master! master007 master01 master1 master11 master12 master123 master1234
master12345 master123456 master1945 master2020 master2021 master2022 master2023 master2024 master2025 master2026
master21 master321 master77 master88 master99 master@123 masuk masuk123 masuklah masukmasuk masyaallah matahari
mataram matius matrix matthew mawar may maytheforcebewithyou medan megawati mei mekkah melati merah merahputih merapi
merauke mercedes merdeka merdeka! merdeka007 merdeka01 merdeka1 merdeka11 merdeka12 merdeka123 merdeka1234
merdeka12345 merdeka123456 merdeka1945 merdeka2020 merdeka2021 merdeka2022 merdeka2023 merdeka2024 merdeka2025
merdeka2026 merdeka21 merdeka321 merdeka77 merdeka88 merdeka99 merdeka@123 merdekaataumati merlin messi metallica
michael michelle mickey microsoft mieayam milan million minecraft minggu mnbvcxz mobil mobilelegend mobilelegends
mobilku modem mommy monday money monika monkey monkey! monkey007 monkey01 monkey1 monkey11 monkey12 monkey123
monkey1234 monkey12345 monkey123456 monkey1945 monkey2020 monkey2021 monkey2022 monkey2023 monkey2024 monkey2025
monkey2026 monkey21 monkey321 monkey77 monkey88 monkey99 monkey@123 monyet morning mother motor motorku muhamad
muhammad murid musa muslim muslimah mustang mutiara myname mypassword mypassword1 mypassword123 mypassword1234
mypasswordismypassword nabila nabire naga nanas naruto nasigoreng natal natalia nenek neraka network nevermind
newpassword newpassword1 newpassword123 newyork neymar nicole ninja ninja250 nintendo nirvana nkrihargamati nokia
nolsatu nothing november nur nurul nusantara nusatenggara october office oktober oldpassword onepiece onetwothreefour
onetwothreefourfive opensesame openthedoorplease operator operator! operator007 operator01 operator1 operator11
operator12 operator123 operator1234 operator12345 operator123456 operator1945 operator2020 operator2021 operator2022
operator2023 operator2024 operator2025 operator2026 operator21 operator321 operator77 operator88 operator99
operator@123 operatorsikeskoja oppo orange ovo p4ssw0rd p@55w0rd p@ssw0rd p@ssword pa$$word pa55word pacar pacarku
padang palembang palu pancasila pangeran pantai panther papa papaku papua papua! papua007 papua01 papua1 papua11
papua12 papua123 papua1234 papua12345 papua123456 papua1945 papua2020 papua2021 papua2022 papua2023 papua2024
papua2025 papua2026 papua21 papua321 papua77 papua88 papua99 papua@123 papuabarat paris paskah pass passphrase
passw0rd passwd password password! password007 password01 password1 password11 password12 password123 password1234
password12345 password123456 password123password123 password1945 password2020 password2021 password2022 password2023
password2024 password2025 password2026 password21 password321 password77 password88 password99 password@123
passwordadalahrahasia passwordku passwordku123 passwordpassword passwordpassword1 passwordsaya passwordsaya123
passwort passwort! passwort007 passwort01 passwort1 passwort11 passwort12 passwort123 passwort1234 passwort12345
passwort123456 passwort1945 passwort2020 passwort2021 passwort2022 passwort2023 passwort2024 passwort2025 passwort2026
passwort21 passwort321 passwort77 passwort88 passwort99 passwort@123 paulus peace pegawai pekanbaru pelangi pemda
pemenang pemkot pempek pemprov pepper perawat permata permen persebaya persib persib! persib007 persib01 persib1
persib11 persib12 persib123 persib1234 persib12345 persib123456 persib1945 persib2020 persib2021 persib2022 persib2023
persib2024 persib2025 persib2026 persib21 persib321 persib77 persib88 persib99 persib@123 persija persija! persija007
persija01 persija1 persija11 persija12 persija123 persija1234 persija12345 persija123456 persija1945 persija2020
persija2021 persija2022 persija2023 persija2024 persija2025 persija2026 persija21 persija321 persija77 persija88
persija99 persija@123 persipura petruk petrus phantom pikachu pintar pintu pisang playstation poiuytrewq pokemon
ponsel pontianak porsche portnumbay prabowo pratama presiden prince princess private proklamasi psis psm pubgmobile
puisikuuntukmu puji pujituhan pulsa purple puskesmas puskesmas123 putih putra putra! putra007 putra01 putra1 putra11
putra12 putra123 putra1234 putra12345 putra123456 putra1945 putra2020 putra2021 putra2022 putra2023 putra2024
putra2025 putra2026 putra21 putra321 putra77 putra88 putra99 putra@123 putri putri! putri007 putri01 putri1 putri11
putri12 putri123 putri1234 putri12345 putri123456 putri1945 putri2020 putri2021 putri2022 putri2023 putri2024
putri2025 putri2026 putri21 putri321 putri77 putri88 putri99 putri@123 putriku q1w2e3 q1w2e3r4 q1w2e3r4t5 qazwsx
qazwsxedc qazwsxedcrfvtgb qazwsxedcrfvtgbyhn queen qwaszx qwe qwe123 qweasd qweasdzxc qweqwe qwer qwert qwerty qwerty!
qwerty007 qwerty01 qwerty1 qwerty11 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwerty1945 qwerty2020
qwerty2021 qwerty2022 qwerty2023 qwerty2024 qwerty2025 qwerty2026 qwerty21 qwerty321 qwerty77 qwerty88 qwerty99
qwerty@123 qwertyu qwertyui qwertyuio qwertyuiop qwertyuiop123456 qwertyuiop1234567890 qwertyuiopasdfgh
qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm r4h4s14 rabu rahasia rahasia! rahasia007 rahasia01 rahasia1 rahasia11
rahasia12 rahasia123 rahasia1234 rahasia12345 rahasia123456 rahasia1945 rahasia2020 rahasia2021 rahasia2022
rahasia2023 rahasia2024 rahasia2025 rahasia2026 rahasia21 rahasia321 rahasia77 rahasia88 rahasia99 rahasia@123
rahasiabanget rahasiadapur rahasiaku rahasianegara rahasiarahasia rahma rahmat rainbow raja rajaampat rajawali ramadan
ramadani ramadhan rambutan ranger ratih ratna ratu realmadrid receh rekening renang rendang reza rezky richard ridho
rina rindu rini riski rizki rizky robert roblox ronaldo roni rony root roti rudi rudy rumahsakit rumahsakit123 rut
s3cr3t s3cret s4y4ng sabtu sahabat sahabatku salsabila samantha samarinda sambal samplepassword samsung samurai sandi
sandi! sandi007 sandi01 sandi1 sandi11 sandi12 sandi123 sandi1234 sandi12345 sandi123456 sandi1945 sandi2020 sandi2021
sandi2022 sandi2023 sandi2024 sandi2025 sandi2026 sandi21 sandi321 sandi77 sandi88 sandi99 sandi@123 sandiku sangsaka
santai santoso sapi saputra sarah sari sasuke sate satu satuduatiga satuduatigaempat satuduatigaempatlima saturday
sayang sayang! sayang007 sayang01 sayang1 sayang11 sayang12 sayang123 sayang1234 sayang12345 sayang123456 sayang1945
sayang2020 sayang2021 sayang2022 sayang2023 sayang2024 sayang2025 sayang2026 sayang21 sayang321 sayang77 sayang88
sayang99 sayang@123 sayangkamu sayangkamuselamanya sayangku scooby scoopy secret secret! secret007 secret01 secret1
secret11 secret12 secret123 secret1234 secret12345 secret123456 secret1945 secret2020 secret2021 secret2022 secret2023
secret2024 secret2025 secret2026 secret21 secret321 secret77 secret88 secret99 secret@123 secure security sejuta
sekolah sekolahku selalu selamanya selasa semangka semar semarang sembilan semeru senin sentani sepakbola september
sepuluh seribu server setia setiawan shadow sholat shopee siapa sikeskoja sikeskoja! sikeskoja007 sikeskoja01
sikeskoja1 sikeskoja11 sikeskoja12 sikeskoja123 sikeskoja1234 sikeskoja12345 sikeskoja123456 sikeskoja1945
sikeskoja2020 sikeskoja2021 sikeskoja2022 sikeskoja2023 sikeskoja2024 sikeskoja2025 sikeskoja2026 sikeskoja21
sikeskoja321 sikeskoja77 sikeskoja88 sikeskoja99 sikeskoja@123 sikeskojasikeskoja silakanmasuk silver simon simpati
singa singapore sistemkesehatan sistemkesehatankotajayapura sister siswa siti siti! siti007 siti01 siti1 siti11 siti12
siti123 siti1234 siti12345 siti123456 siti1945 siti2020 siti2021 siti2022 siti2023 siti2024 siti2025 siti2026 siti21
siti321 siti77 siti88 siti99 siti@123 slamet slipknot smartfren smile snoopy soccer soccer1 soeharto soekarno solo
sorong soto spiderman spring srikandi starwars steelers suami suamiku subhanallah subhanallahwabihamdihi sugar sukarno
sukses sukses! sukses007 sukses01 sukses1 sukses11 sukses12 sukses123 sukses1234 sukses12345 sukses123456 sukses1945
sukses2020 sukses2021 sukses2022 sukses2023 sukses2024 sukses2025 sukses2026 sukses21 sukses321 sukses77 sukses88
sukses99 sukses@123 sulawesi sultan sumatera sumatra summer sunday sunflower sungai sunshine
supercalifragilisticexpialidocious superman supervisor supervisor! supervisor007 supervisor01 supervisor1 supervisor11
supervisor12 supervisor123 supervisor1234 supervisor12345 supervisor123456 supervisor1945 supervisor2020
supervisor2021 supervisor2022 supervisor2023 supervisor2024 supervisor2025 supervisor2026 supervisor21 supervisor321
supervisor77 supervisor88 supervisor99 supervisor@123 supervisorsikeskoja supra surabaya surabaya! surabaya007
surabaya01 surabaya1 surabaya11 surabaya12 surabaya123 surabaya1234 surabaya12345 surabaya123456 surabaya1945
surabaya2020 surabaya2021 surabaya2022 surabaya2023 surabaya2024 surabaya2025 surabaya2026 surabaya21 surabaya321
surabaya77 surabaya88 surabaya99 surabaya@123 surga susanti susanto susi susu suzuki sweetheart system tabungan
tanahair tangerang tehmanis telegram telkomsel teman temanku temporarypassword temppassword tennis ternate terserah
test test! test007 test01 test1 test11 test12 test123 test1234 test12345 test123456 test1945 test2020 test2021
test2022 test2023 test2024 test2025 test2026 test21 test321 test77 test88 test99 test@123 tester testing testpassword
testpassword123 testtest testtesttesttest thequickbrownfox thequickbrownfoxjumps thequickbrownfoxjumpsoverthelazydog
theresia thisisapassword thisismypassword thomas thursday tidakada tidaktahu tiga tiger tigger tiktok timika timnas
tini toba tobeornottobe tobeornottobethatisthequestion tokopedia tokyo tono toor toyota trewq tri trustno1 tuesday
tuhan tuhanbaik tuhanyesus tuhanyesusbaik tuhanyesusmemberkati tujuh tujuhbelasagustus tujuhbelasagustus1945 twitter
uang uangku ubuntu ular ungu user user! user007 user01 user1 user11 user12 user123 user1234 user12345 user123456
user1945 user2020 user2021 user2022 user2023 user2024 user2025 user2026 user21 user321 user77 user88 user99 user@123
username vario vcxz veronika viking vivo voli w3lc0me walikota wamena wati wednesday welcome welcome! welcome007
welcome01 welcome1 welcome11 welcome12 welcome123 welcome1234 welcome12345 welcome123456 welcome1945 welcome2020
welcome2021 welcome2022 welcome2023 welcome2024 welcome2025 welcome2026 welcome21 welcome321 welcome77 welcome88
welcome99 welcome@123 welcomehome welcometothejungle whatever whatsapp wifi wifigratis wifiku wijaya william windows
winter wisnu wizard wulan xenia xiaomi yahoo yakub yamaha yankees yanti yellow yesus yesusadalahtuhan yesuskristus
yogyakarta yohana yohanes yono yosef youtube ytrewq yuli yulia yusuf zahra zaq12wsx zaq12wsxcde34rfv zaq1zaq1 zxc
zxc123 zxcv zxcvb zxcvbn zxcvbnm zxczxc
`;

/** The list as a set; look up what was folded the same way. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(LIST.trim().split(/\s+/));
